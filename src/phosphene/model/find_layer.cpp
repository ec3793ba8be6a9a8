// A name as exporters write it is a path of modules with the operator at its end. Written as one list of parts, these are the same:
//
//     PyTorch   /layer4/layer4.1/conv2/Conv_output_0    layer4 1 conv2 Conv     (a name within a list repeats the list's: layer4.1)
//     Keras     StatefulPartitionedCall/model/block5_conv3/Relu:0               StatefulPartitionedCall model block5_conv3 Relu
//     a user    layer4.1.conv2, /layer4/layer4.1/conv2, block5_conv3/Relu
//
// A user's parts that stand together in a layer's parts name a module, down to their last: the layer's value is then the module's last one
// that is more than values moved or reshaped, so that it comes after the module's activation. Of modules at several depths the outermost is
// meant: conv1, not layer1.0.conv1.
#include "phosphene/model/find_layer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "phosphene/base/edit_distance.h"
#include "phosphene/base/error.h"
#include "phosphene/graph/op_traits.h"

namespace phosphene {
namespace {

using Parts = std::vector<std::string>;

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void cut_end(std::string& text, const std::string& mark) {
  const size_t at = text.rfind(mark);
  if (at == std::string::npos || at + mark.size() == text.size()) return;
  const bool digits = std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at + mark.size()), text.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (digits) text.erase(at);
}

Parts split(const std::string& text, char separator) {
  Parts parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(separator, start), text.size());
    if (end > start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Parts parts_of(std::string name) {
  cut_end(name, ":");
  cut_end(name, "_output_");
  Parts parts;
  std::string before;
  for (const std::string& segment : split(name, '/')) {
    const bool repeats = !before.empty() && segment.starts_with(before + ".");
    for (const std::string& part : split(repeats ? segment.substr(before.size() + 1) : segment, '.')) parts.push_back(part);
    before = segment;
  }
  return parts;
}

std::string joined(const Parts& parts, size_t first, size_t count) {
  return fmt::format(
      "{}", fmt::join(parts.begin() + static_cast<std::ptrdiff_t>(first), parts.begin() + static_cast<std::ptrdiff_t>(first + count), "."));
}

// Where `wanted` stands together in `name`.
std::optional<size_t> position(const Parts& name, const Parts& wanted) {
  const auto found = std::search(name.begin(), name.end(), wanted.begin(), wanted.end());
  if (wanted.empty() || found == name.end()) return std::nullopt;
  return static_cast<size_t>(found - name.begin());
}

// To the nearest run of parts: "conv22" is 1 from /layer4/layer4.1/conv2/Conv_output_0.
size_t distance(const std::string& name, const std::string& wanted) {
  const Parts parts = parts_of(lower_case(name));
  size_t least = edit_distance(lower_case(name), lower_case(wanted));
  const std::string text = fmt::format("{}", fmt::join(parts_of(lower_case(wanted)), "."));
  for (size_t first = 0; first < parts.size(); ++first)
    for (size_t count = 1; first + count <= parts.size(); ++count)
      least = std::min(least, edit_distance(joined(parts, first, count), text));
  return least;
}

std::string listed(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), limit); ++i) text += fmt::format("{}{}", i ? ", " : "", names[i]);
  return names.size() > limit ? text + ", ..." : text;
}

std::string nearest(const Graph& graph, const std::string& text) {
  std::vector<std::pair<size_t, std::string>> found;
  for (const Node& node : graph.nodes)
    if (!only_moves(traits_of(node)) || graph.nodes.size() < 4) found.push_back({distance(node.outputs[0], text), node.outputs[0]});
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [far, name] : found) names.push_back(name);
  names.resize(std::min<size_t>(names.size(), 3));
  return listed(names, 3);
}

[[noreturn]] void ambiguous(const Model& model, const std::string& text, const std::vector<std::string>& candidates) {
  throw Error(fmt::format("layer '{}' fits {} layers", text, candidates.size()), fmt::format("write one of {}", listed(candidates, 6)))
      .at(model.name);
}

struct Module {
  std::string path, value;
  size_t depth;
  bool computes;
};

// Modules that `text` names, in the graph's order; only the outermost of them.
std::vector<Module> modules_named(const Graph& graph, const std::string& text) {
  std::vector<Module> modules;
  const Parts wanted = parts_of(text);
  for (const Node& node : graph.nodes) {
    Parts parts = parts_of(node.outputs[0]);
    auto depth = position(parts, wanted);
    if (!depth) depth = position(parts = parts_of(node.name), wanted);
    if (!depth) continue;
    const Module found{joined(parts, 0, *depth + wanted.size()), node.outputs[0], *depth, !only_moves(traits_of(node))};
    const auto known = std::find_if(modules.begin(), modules.end(), [&](const Module& other) { return other.path == found.path; });
    if (known == modules.end())
      modules.push_back(found);
    else if (found.computes || !known->computes)
      *known = found;
  }
  const auto outer = std::min_element(modules.begin(), modules.end(), [](const Module& a, const Module& b) { return a.depth < b.depth; });
  if (outer != modules.end()) std::erase_if(modules, [depth = outer->depth](const Module& module) { return module.depth > depth; });
  return modules;
}

}  // namespace

std::string find_layer(const Model& model, const std::string& text) {
  const Graph& graph = model.graph;
  if (text.empty()) throw Error("the layer's name is empty", "`phosphene inspect` lists the layers").at(model.name);
  if (graph.find_input(text) || graph.find_producer(text)) return text;
  if (const OpaqueNode* opaque = graph.find_opaque(text)) throw cannot_compute(*opaque, text).at(model.name);
  for (const Node& node : graph.nodes)
    if (node.name == text) return node.outputs[0];
  for (const OpaqueNode& opaque : graph.opaque)
    if (opaque.name == text) throw cannot_compute(opaque, text).at(model.name);

  const auto modules = modules_named(graph, text);
  if (modules.size() == 1) return modules[0].value;
  std::vector<std::string> candidates;
  for (const Module& module : modules) candidates.push_back(module.path);
  if (!candidates.empty()) ambiguous(model, text, candidates);

  const std::string part = lower_case(text);
  for (const Node& node : graph.nodes)
    if (lower_case(node.outputs[0]).find(part) != std::string::npos || lower_case(node.name).find(part) != std::string::npos)
      candidates.push_back(node.outputs[0]);
  if (candidates.size() == 1) return candidates[0];
  if (!candidates.empty()) ambiguous(model, text, candidates);
  throw Error(fmt::format("no layer '{}'", text), fmt::format("the nearest are {}; `phosphene inspect` lists all", nearest(graph, text)))
      .at(model.name);
}

std::vector<std::string> layer_paths(const Graph& graph) {
  std::vector<Parts> parts;
  std::set<std::string> names;
  for (const Node& node : graph.nodes) {
    parts.push_back(parts_of(node.outputs[0]));
    names.insert(node.name);
    names.insert(node.outputs.begin(), node.outputs.end());
  }
  size_t common = parts.empty() || parts[0].empty() ? 0 : parts[0].size() - 1;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (only_moves(traits_of(graph.nodes[i]))) continue;
    size_t same = 0;
    while (same < common && same + 1 < parts[i].size() && parts[i][same] == parts[0][same]) ++same;
    common = same;
  }
  const auto path = [&](const Parts& of, size_t end) { return end > common ? joined(of, common, end - common) : ""; };
  std::map<std::string, size_t> last;  // node that a path stands for
  for (size_t i = 0; i < parts.size(); ++i)
    for (size_t end = common + 1; end <= parts[i].size(); ++end) {
      const auto [entry, is_new] = last.insert({path(parts[i], end), i});
      if (!is_new && (!only_moves(traits_of(graph.nodes[i])) || only_moves(traits_of(graph.nodes[entry->second])))) entry->second = i;
    }
  std::vector<std::string> paths;
  for (size_t i = 0; i < parts.size(); ++i) {
    paths.push_back(graph.nodes[i].outputs[0]);
    for (size_t end = parts[i].size(); end + 1 >= parts[i].size() && end > common; --end) {
      const std::string shorter = path(parts[i], end);
      if (last.at(shorter) == i && !names.contains(shorter)) paths.back() = shorter;
    }
  }
  return paths;
}

}  // namespace phosphene

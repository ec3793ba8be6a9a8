// Addresses of layers and units as a user writes them.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/model/model.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Levenshtein's distance: the fewest insertions, deletions and replacements that turn a into b.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

std::string joined(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < limit; ++i) {
    if (i) text += ", ";
    text += names[i];
  }
  if (names.size() > limit) text += ", ...";
  return text;
}

std::vector<std::string> nearest(std::vector<std::string> names, const std::string& text) {
  const std::string wanted = lower_case(text);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(lower_case(a), wanted) < edit_distance(lower_case(b), wanted);
  });
  names.resize(std::min<size_t>(names.size(), 3));
  return names;
}

int64_t parse_number(const std::string& text, const std::string& whole) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stop != end || text.empty())
    throw Error(fmt::format("units '{}' are not understood", whole), "write for example 3,17-20 or all");
  return number;
}

}  // namespace

std::string find_layer(const Model& model, const std::string& text) {
  const Graph& graph = model.graph;
  if (text.empty()) throw Error("the layer's name is empty", "`phosphene inspect` lists the layers").at(model.name);
  if (graph.find_input(text) || graph.find_producer(text)) return text;
  std::vector<std::string> values, fitting;
  for (const Node& node : graph.nodes) {
    if (node.name == text) return node.outputs[0];
    values.push_back(node.outputs[0]);
    const std::string part = lower_case(text);
    if (lower_case(node.outputs[0]).find(part) != std::string::npos || lower_case(node.name).find(part) != std::string::npos)
      fitting.push_back(node.outputs[0]);
  }
  if (fitting.size() == 1) return fitting[0];
  if (fitting.size() > 1)
    throw Error(fmt::format("layer '{}' fits {} layers", text, fitting.size()), fmt::format("write one of {}", joined(fitting, 6)))
        .at(model.name);
  throw Error(fmt::format("no layer '{}'", text),
              fmt::format("the nearest are {}; `phosphene inspect` lists all", joined(nearest(values, text), 3)))
      .at(model.name);
}

int64_t unit_count(const Model& model, const std::string& layer) {
  const Shape& shape = located(model.name, [&]() -> const ValueType& { return model.graph.type_of(layer); }).shape;
  const int64_t count = shape.rank() > 0 ? shape[unit_axis(model.graph, layer)] : 1;
  if (count == kUnknown)
    throw Error(fmt::format("the number of units of layer {} is not known", layer), "choose another layer").at(model.name);
  return count;
}

std::vector<int64_t> parse_units(const std::string& text, int64_t count) {
  std::vector<int64_t> units;
  if (text == "all") {
    units.resize(static_cast<size_t>(count));
    std::iota(units.begin(), units.end(), int64_t{0});
    return units;
  }
  std::istringstream pieces(text);
  for (std::string piece; std::getline(pieces, piece, ',');) {
    const size_t dash = piece.find('-', 1);
    const int64_t first = parse_number(piece.substr(0, dash), text);
    const int64_t last = dash == std::string::npos ? first : parse_number(piece.substr(dash + 1), text);
    for (const int64_t unit : {first, last})
      if (unit < 0 || unit >= count)
        throw Error(fmt::format("unit {} does not exist", unit), fmt::format("the layer's units are 0 to {}", count - 1));
    if (last < first) throw Error(fmt::format("units {} run backwards", piece), fmt::format("write {}-{}", last, first));
    for (int64_t unit = first; unit <= last; ++unit) units.push_back(unit);
  }
  if (units.empty()) throw Error("no units are given", "write for example 3,17-20 or all");
  return units;
}

}  // namespace phosphene

// layer                operator  units  map      parameters  mult-adds
// fire2/squeeze1x1     Conv         16  56x56         1.04k      3.21M
#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/model/warnings.h"

namespace phosphene {

namespace {

// Three digits and a power of a thousand.
std::string compact(int64_t value) {
  if (value == kUnknown) return "?";
  if (value < 1000) return std::to_string(value);
  auto number = static_cast<double>(value);
  const char* suffix = "kMGTP";
  for (number /= 1000; number >= 999.5; number /= 1000) ++suffix;
  return fmt::format("{:.{}f}{}", number, number < 9.995 ? 2 : number < 99.95 ? 1 : 0, *suffix);
}

// The middle gives way; the end, which tells neighbours apart, keeps more.
std::string shortened(const std::string& text, size_t width) {
  if (text.size() <= width || width < 5) return text;
  const size_t head = (width - 2) / 3, tail = width - 2 - head;
  return fmt::format("{}..{}", text.substr(0, head), text.substr(text.size() - tail));
}

std::string extent(int64_t value) { return value == kUnknown ? "?" : std::to_string(value); }

// Extents behind the units: 56x56.
std::string map_of(const Shape& shape) {
  std::string text;
  for (int axis = 2; axis < shape.rank(); ++axis) text += fmt::format("{}{}", axis > 2 ? "x" : "", extent(shape[axis]));
  return text;
}

using Cells = std::vector<std::string>;

std::vector<size_t> widths_of(const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const Cells& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  return widths;
}

// Columns 0, 1 and 3 are text, the others numbers. Where a line does not fit, the first column shows `paths`, then shrinks.
std::string table(std::vector<Cells> rows, const std::vector<std::string>& paths, int64_t width) {
  std::vector<size_t> widths = widths_of(rows);
  if (width > 0 && std::accumulate(widths.begin(), widths.end(), 2 * widths.size() - 2) > static_cast<size_t>(width)) {
    for (size_t i = 0; i < paths.size(); ++i) rows[i + 1][0] = paths[i];
    widths = widths_of(rows);
  }
  size_t rest = 0;
  for (size_t i = 1; i < widths.size(); ++i) rest += 2 + widths[i];
  constexpr size_t kLeast = 16;
  if (width > 0) widths[0] = std::min(widths[0], std::max(kLeast, static_cast<size_t>(width) - std::min(rest, static_cast<size_t>(width))));
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_text = i < 2 || i == 3;
      line +=
          fmt::format(fmt::runtime(is_text ? "{}{:<{}}" : "{}{:>{}}"), i ? "  " : "", i ? row[i] : shortened(row[i], widths[0]), widths[i]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// "1000 classes: tench, goldfish, ..." as far as the line reaches.
std::string classes(const Model& model, size_t room) {
  std::string text = fmt::format("{} classes", model.labels.size());
  for (size_t i = 0; i < model.labels.size(); ++i) {
    const std::string next = fmt::format("{}{}", i ? ", " : ": ", model.labels[i]);
    if (text.size() + next.size() + 5 > room) return text + (i ? ", ..." : "");
    text += next;
  }
  return text;
}

std::string head(const Model& model, const DescriptionStyle& style) {
  const auto typed = [&](const std::string& name) {
    const auto found = model.graph.types.find(name);
    return found == model.graph.types.end() ? name : fmt::format("{} {}", name, found->second.shape);
  };
  const size_t room = (style.width > 0 ? static_cast<size_t>(style.width) : 80) - 12;
  std::string text = fmt::format("model       {} ({})\nsha256      {}\n", model.name, to_string(model.kind), model.hash);
  for (const GraphInput& input : model.graph.inputs) text += fmt::format("input       {}\n", typed(input.name));
  const std::string chosen = model.meaning().output;
  for (const std::string& output : model.graph.outputs) {
    const std::string meaning = meaning_of(model.graph, output).to_string();
    text += fmt::format("output      {}\n", typed(output));
    if (!meaning.empty()) text += fmt::format("            {}\n", meaning);
    if (model.graph.outputs.size() > 1 && output == chosen) text += "            (what --top and eval read; --output chooses)\n";
  }
  if (!model.labels.empty()) text += fmt::format("            {}\n", classes(model, room));
  const std::string words = preprocess_words(model.preprocess), &source = model.preprocess_source;
  const char* gap = words.size() + source.size() + 3 > room ? "\n           " : "";
  text += fmt::format("preprocess  {}{}\n", words, source.empty() ? "" : fmt::format("{} ({})", gap, source));
  if (model.bounds) text += fmt::format("code bounds {} units\n", model.bounds->lower.size());
  if (!model.search.empty()) text += fmt::format("search      {} unless told otherwise\n", model.search.dump());
  return text;
}

}  // namespace

std::string unit_list(const std::vector<int64_t>& units, size_t limit) {
  std::string text;
  size_t pieces = 0;
  for (size_t i = 0; i < units.size();) {
    size_t last = i;
    while (last + 1 < units.size() && units[last + 1] == units[last] + 1) ++last;
    if (pieces++ == limit) return text + ", ...";
    text += fmt::format("{}{}", i ? ", " : "", units[i]);
    if (last > i) text += fmt::format("-{}", units[last]);
    i = last + 1;
  }
  return text;
}

std::string description_text(const Model& model, const DescriptionStyle& style) {
  const Description description = describe(model.graph);
  std::vector<Cells> rows = {{"layer", "operator", "units", "map", "parameters", "mult-adds"}};
  const std::vector<std::string> all_paths = layer_paths(model.graph);
  std::vector<std::string> paths;
  int64_t hidden = 0;
  for (size_t i = 0; i < description.layers.size(); ++i) {
    const LayerRow& row = description.layers[i];
    if (!row.computes && !style.all_layers) {
      ++hidden;
      continue;
    }
    paths.push_back(all_paths[i]);
    rows.push_back({row.name, row.op, extent(row.units), map_of(row.shape), compact(row.parameters), compact(row.multiply_adds)});
  }
  rows.push_back({"all", "", "", "", compact(description.parameters), compact(description.multiply_adds)});
  std::string text = head(model, style) + "\n" + table(rows, paths, style.width);
  if (hidden > 0) text += fmt::format("not listed: values that are only moved, reshaped or counted: {} (--all lists them)\n", hidden);
  for (const std::string& warning : warnings(model)) text += fmt::format("warning: {}\n", warning);
  return text;
}

}  // namespace phosphene

// Addresses of units as a user writes them.
#include "phosphene/model/units.h"

#include <charconv>
#include <numeric>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {
namespace {

int64_t parse_number(const std::string& text, const std::string& whole) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stop != end || text.empty())
    throw Error(fmt::format("units '{}' are not understood", whole), "write for example 3,17-20 or all");
  return number;
}

}  // namespace

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

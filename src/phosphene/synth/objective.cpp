// df/dvalue is 1 at the unit's position, or 1/(height * width) over its channel for the mean.
#include "phosphene/synth/objective.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/model/model.h"

namespace phosphene {

namespace {

struct Span {
  int64_t first, count;  // positions inside a channel
};

Span positions(const Term& term, const Shape& shape) {
  const int64_t all = shape.size(2, shape.rank());
  if (term.at.kind == Place::Kind::kMean) return {0, all};
  const int64_t width = shape.rank() == 4 ? shape[3] : 1;
  const int64_t height = all / width;
  if (term.at.kind == Place::Kind::kCentre) return {height / 2 * width + width / 2, 1};
  return {all == 1 ? 0 : term.at.y * width + term.at.x, 1};
}

double unit_value(int64_t unit, Span span, int64_t stride, std::span<const float> lane) {
  double sum = 0;
  for (int64_t i = 0; i < span.count; ++i) sum += lane[static_cast<size_t>(unit * stride + span.first + i)];
  return sum / static_cast<double>(span.count);
}

Objective parse_sum(const std::string& text, const UnitsAt& place) {
  Objective objective{place.prefix + text, {}};
  const auto fail = [&] { throw Error(fmt::format("\"{}\" is not a sum of units", text), "write UNIT*WEIGHT+UNIT, as 3*0.5+7"); };
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    Term term{place.layer, 0, 1, place.at};
    const auto unit = std::from_chars(at, end, term.unit);
    if (unit.ec != std::errc()) fail();
    at = unit.ptr;
    if (at != end && *at == '*') {
      const auto weight = std::from_chars(at + 1, end, term.weight);
      if (weight.ec != std::errc() || !std::isfinite(term.weight)) fail();
      at = weight.ptr;
    }
    parse_units(std::to_string(term.unit), place.count);  // raises the Error that names the range
    objective.terms.push_back(term);
    if (at == end) return objective;
    if (*at++ != '+') fail();
  }
}

}  // namespace

const Term& Objective::main() const {
  PHOSPHENE_CHECK(!terms.empty());
  return *std::max_element(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.weight < b.weight; });
}

std::vector<std::string> Objective::layers() const {
  std::vector<std::string> names;
  for (const Term& term : terms)
    if (std::find(names.begin(), names.end(), term.layer) == names.end()) names.push_back(term.layer);
  return names;
}

std::vector<std::string> layers_of(const std::vector<Objective>& objectives) {
  std::vector<std::string> names;
  for (const Objective& objective : objectives)
    for (const std::string& name : objective.layers())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::vector<Objective> parse_objectives(const std::string& text, const UnitsAt& place) {
  std::vector<Objective> objectives;
  for (size_t start = 0; start <= text.size();) {
    const size_t comma = std::min(text.find(',', start), text.size());
    const std::string entry = text.substr(start, comma - start);
    start = comma + 1;
    if (entry.find_first_of("+*") != std::string::npos) {
      objectives.push_back(parse_sum(entry, place));
      continue;
    }
    for (int64_t unit : parse_units(entry, place.count))
      objectives.push_back({place.prefix + std::to_string(unit), {Term{place.layer, unit, 1, place.at}}});
  }
  return objectives;
}

std::vector<UnitsOfLayer> split_by_layer(const std::string& text) {
  std::vector<UnitsOfLayer> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t comma = std::min(text.find(',', start), text.size());
    const std::string entry = text.substr(start, comma - start);
    start = comma + 1;
    const size_t colon = entry.rfind(':');
    if (parts.empty() || colon != std::string::npos)
      parts.push_back({colon == std::string::npos ? "" : entry.substr(0, colon), entry.substr(colon + 1)});  // npos + 1 is 0
    else
      parts.back().units += "," + entry;
  }
  return parts;
}

void verify_term(const Term& term, const Shape& shape) {
  located(fmt::format("layer {}", term.layer), [&] {
    if (shape.rank() < 2) throw Error(fmt::format("its shape {} has no units", shape), "choose a layer of shape [n, units, ...]");
    if (term.unit < 0 || term.unit >= shape[1])
      throw Error(fmt::format("there is no unit {}", term.unit), fmt::format("units are 0 to {}", shape[1] - 1));
    if (term.at.kind != Place::Kind::kPoint || shape.rank() == 2) return;
    const int64_t width = shape.rank() == 4 ? shape[3] : 1;
    const int64_t height = shape.size(2, shape.rank()) / width;
    if (term.at.y < 0 || term.at.x < 0 || term.at.y >= height || term.at.x >= width)
      throw Error(fmt::format("there is no position {}", term.at.to_string()),
                  fmt::format("the map has {} rows and {} columns", height, width));
  });
}

double term_value(const Term& term, const Shape& shape, std::span<const float> lane) {
  return unit_value(term.unit, positions(term, shape), shape.size(2, shape.rank()), lane);
}

void add_term_gradient(const Term& term, const Shape& shape, std::span<float> lane) {
  const Span span = positions(term, shape);
  const int64_t stride = shape.size(2, shape.rank());
  const auto each = static_cast<float>(term.weight / static_cast<double>(span.count));
  for (int64_t i = 0; i < span.count; ++i) lane[static_cast<size_t>(term.unit * stride + span.first + i)] += each;
}

Standing standing(const Term& term, const Shape& shape, std::span<const float> lane) {
  const Span span = positions(term, shape);
  const int64_t stride = shape.size(2, shape.rank());
  Standing result{unit_value(term.unit, span, stride, lane), 1, 0};
  double sum = 0;
  for (int64_t unit = 0; unit < shape[1]; ++unit) {
    const double value = unit_value(unit, span, stride, lane);
    result.rank += value > result.value;
    sum += std::exp(value - result.value);
  }
  result.share = 1 / sum;
  return result;
}

}  // namespace phosphene

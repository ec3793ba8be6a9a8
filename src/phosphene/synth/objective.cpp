// df/dvalue is 1 at the unit's position, or 1/(height * width) over its channel for the mean.
#include "phosphene/synth/objective.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/model/model.h"
#include "phosphene/model/units.h"

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

// Reads "UNIT" or "UNIT*WEIGHT" at the start of `text`, up to its end or a "+". Gives the length; 0: something else stands there.
size_t read_term(std::string_view text, LayerTerm& term) {
  const char* const end = text.data() + text.size();
  auto [at, code] = std::from_chars(text.data(), end, term.unit);
  if (code != std::errc() || term.unit < 0) return 0;
  term.weight = 1;
  if (at != end && *at == '*') {
    const auto weight = std::from_chars(at + 1, end, term.weight);
    if (weight.ec != std::errc() || !std::isfinite(term.weight)) return 0;
    at = weight.ptr;
  }
  return at == end || *at == '+' ? static_cast<size_t>(at - text.data()) : 0;
}

// The terms of a sum that names a layer after its first term; of any other text none. A layer's name ends at the first colon that a term
// follows: names of TensorFlow have colons of their own.
std::vector<LayerTerm> sum_over_layers(std::string_view text, const std::string& layer_before) {
  std::vector<LayerTerm> terms;
  bool over_layers = false;
  while (true) {
    LayerTerm term{terms.empty() ? layer_before : terms.back().layer};
    size_t length = read_term(text, term);
    for (size_t colon = text.find(':'); !length && colon != std::string_view::npos; colon = text.find(':', colon + 1))
      if (const size_t after = read_term(text.substr(colon + 1), term)) {
        term.layer = text.substr(0, colon);
        length = colon + 1 + after;
        over_layers = over_layers || !terms.empty();
      }
    if (!length) return {};
    terms.push_back(std::move(term));
    if (length == text.size()) return over_layers ? terms : std::vector<LayerTerm>();
    text.remove_prefix(length + 1);
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
    const std::string before = parts.empty() ? "" : parts.back().layer;
    if (std::vector<LayerTerm> sum = sum_over_layers(entry, before); !sum.empty())
      parts.push_back({sum.back().layer, entry, std::move(sum)});
    else if (parts.empty() || colon != std::string::npos || !parts.back().sum.empty())
      parts.push_back({colon == std::string::npos ? before : entry.substr(0, colon), entry.substr(colon + 1), {}});  // npos + 1 is 0
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

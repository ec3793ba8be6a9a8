// none | FIELD ...     FIELD: scale=LOW..HIGH | shift=SHARE | noise=SHARE, each at most once, with blanks between them
#include "phosphene/synth/views.h"

#include <charconv>
#include <set>
#include <sstream>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr const char* kNone = "none";

struct Range {
  double low, high;
};
constexpr Range kScale = {0.1, 10}, kShift = {0, 1}, kNoise = {0, 10};

double number_in(const std::string& text, const Range& range) {
  double value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) throw Error(fmt::format("\"{}\" is not a number", text));
  if (!(value >= range.low && value <= range.high)) throw Error(fmt::format("{} is not between {} and {}", text, range.low, range.high));
  return value;
}

void read_field(const std::string& field, Views& views, std::set<std::string>& known) {
  const size_t equals = field.find('=');
  const std::string name = field.substr(0, equals), value = equals == std::string::npos ? "" : field.substr(equals + 1);
  if (!known.insert(name).second) throw Error(fmt::format("{} is given twice", name));
  if (name == "scale") {
    const size_t dots = value.find("..");
    if (dots == std::string::npos) throw Error(fmt::format("\"{}\" is not LOW..HIGH", value));
    views.smallest = number_in(value.substr(0, dots), kScale);
    views.largest = number_in(value.substr(dots + 2), kScale);
    if (views.largest < views.smallest) throw Error(fmt::format("the scale {} ends below its beginning", value));
  } else if (name == "shift") {
    views.shift = number_in(value, kShift);
  } else if (name == "noise") {
    views.noise = number_in(value, kNoise);
  } else {
    throw Error(fmt::format("\"{}\" is no part of a view", field));
  }
}

}  // namespace

std::optional<Views> parse_views(const std::string& text) {
  if (text == kNone) return std::nullopt;
  Views views;
  std::set<std::string> known;
  std::istringstream fields(text);
  try {
    for (std::string field; fields >> field;) read_field(field, views, known);
    if (known.empty()) throw Error("the text is empty");
  } catch (const Error& error) {
    throw error.or_do("give none, or any of scale=0.9..1.1 shift=0.07 noise=0.1");
  }
  return views;
}

std::string to_text(const std::optional<Views>& views) {
  if (!views) return kNone;
  return fmt::format("scale={}..{} shift={} noise={}", views->smallest, views->largest, views->shift, views->noise);
}

}  // namespace phosphene

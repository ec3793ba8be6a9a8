// text := word { (" " | ";" | ",") word }      word := "rgb" | "bgr" | "grey" | name "=" value
// value := number { ("," | "/") number }, where scale takes "/" as a fraction; a piece after "," that is no word continues the word before
// it.
#include "phosphene/model/preprocess_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/ranges.h>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

std::vector<std::string> split(const std::string& text, const std::string& separators) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find_first_of(separators, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

double number(const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw Error(fmt::format("\"{}\" is not a number", text));
  return value;
}

double fraction(const std::string& text) {
  const size_t bar = text.find('/');
  if (bar == std::string::npos) return number(text);
  const double below = number(text.substr(bar + 1));
  if (below == 0) throw Error(fmt::format("\"{}\" divides by zero", text));
  return number(text.substr(0, bar)) / below;
}

std::vector<float> per_channel(const std::string& text, int64_t channels) {
  std::vector<float> values;
  for (const std::string& part : split(text, ",/")) values.push_back(static_cast<float>(number(part)));
  if (values.size() == 1) values.resize(static_cast<size_t>(channels), values[0]);
  return values;
}

int64_t extent(const std::string& text) {
  const double value = number(text);
  if (value < 0 || value > 1 << 20 || value != std::floor(value)) throw Error(fmt::format("\"{}\" is not a size", text));
  return static_cast<int64_t>(value);
}

std::string order_name(const std::string& word) { return word.starts_with("order=") ? word.substr(6) : word; }

bool is_order(const std::string& word) {
  const std::string name = order_name(word);
  return name == "rgb" || name == "bgr" || name == "grey" || name == "gray";
}

// "mean=1,2,3" is one word, "bgr,scale=1" is two.
std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& group : split(text, " ;")) {
    bool continues = false;
    for (const std::string& piece : split(group, ",")) {
      const bool starts = is_order(piece) || piece.find('=') != std::string::npos;
      if (continues && !starts)
        words.back() += "," + piece;
      else
        words.push_back(piece);
      continues = !is_order(words.back()) && words.back().find('=') != std::string::npos;
    }
  }
  return words;
}

}  // namespace

std::string preprocess_text(const Preprocess& preprocess) {
  const char* order = preprocess.order == ColourOrder::kRgb ? "rgb" : preprocess.order == ColourOrder::kBgr ? "bgr" : "grey";
  return fmt::format("{} scale={} mean={} deviation={}", order, preprocess.scale, fmt::join(preprocess.mean, ","),
                     fmt::join(preprocess.deviation, ","));
}

Preprocess parse_preprocess(const std::string& text, const Preprocess& base) {
  return located("preprocess", [&] {
    Preprocess result = base;
    const std::vector<std::string> words = split_words(text);
    const int64_t channels_before = result.channels();
    for (const std::string& word : words) {
      const std::string order = is_order(word) ? order_name(word) : "";
      if (order == "rgb") result.order = ColourOrder::kRgb;
      if (order == "bgr") result.order = ColourOrder::kBgr;
      if (order == "grey" || order == "gray") result.order = ColourOrder::kGrey;
    }
    const auto channels = static_cast<size_t>(result.channels());
    if (result.channels() != channels_before) {
      result.mean.assign(channels, 0);
      result.deviation.assign(channels, 1);
    }
    for (const std::string& word : words) {
      if (word.empty() || is_order(word)) continue;
      const size_t equals = word.find('=');
      const std::string name = word.substr(0, equals), value = equals == std::string::npos ? "" : word.substr(equals + 1);
      if (name == "scale") {
        result.scale = static_cast<float>(fraction(value));
      } else if (name == "mean") {
        result.mean = per_channel(value, result.channels());
      } else if (name == "deviation" || name == "std") {
        result.deviation = per_channel(value, result.channels());
      } else if (name == "size") {
        const std::vector<std::string> sides = split(value, "x");
        if (sides.size() > 2) throw Error(fmt::format("\"{}\" is not a size", value), "give size=HEIGHTxWIDTH");
        result.height = extent(sides.front());
        result.width = extent(sides.back());
      } else if (name == "resize") {
        result.resize = extent(value);
      } else {
        throw Error(fmt::format("\"{}\" is not understood", word),
                    "write words such as bgr scale=1/255 mean=0.4,0.5,0.6 deviation=1 size=227x227");
      }
    }
    return Preprocess::from_json(result.to_json());  // checks numbers of channels, signs and sizes
  });
}

}  // namespace phosphene

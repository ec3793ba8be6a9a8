// text := word { (" " | ";" | ",") word }      word := convention | "rgb" | "bgr" | "grey" | name "=" value
// value := number { ("," | "/") number }, where scale and resize take "/" as a fraction and a range is number ".." number; a piece after
// "," that is no word continues the word before it.
//
// With the range A..B and mean m:  x = (pixel (B - A) / 255 + A - m) / std, so that the mean kept is m - A.
#include "phosphene/model/preprocess_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/ranges.h>

#include "phosphene/base/error.h"
#include "phosphene/model/conventions.h"

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

bool stands_alone(const std::string& word) { return is_order(word) || find_convention(word); }

// "mean=1,2,3" is one word, "bgr,scale=1" is two.
std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& group : split(text, " ;")) {
    bool continues = false;
    for (const std::string& piece : split(group, ",")) {
      const bool starts = stands_alone(piece) || piece.find('=') != std::string::npos;
      if (continues && !starts)
        words.back() += "," + piece;
      else
        words.push_back(piece);
      continues = !stands_alone(words.back()) && words.back().find('=') != std::string::npos;
    }
  }
  return words;
}

struct Range {
  double first, last;  // of pixel 0 and pixel 255
};

Range range(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) throw Error(fmt::format("\"{}\" is not a range", text), "write for example range=-1..1");
  const Range result{number(text.substr(0, dots)), number(text.substr(dots + 2))};
  if (!(result.last > result.first)) throw Error(fmt::format("the range {} does not rise", text), "write for example range=-1..1");
  return result;
}

void set_order(Preprocess& result, ColourOrder order) {
  const bool swaps = result.order != order && result.channels() == 3 && order != ColourOrder::kGrey;
  if (swaps) {
    std::reverse(result.mean.begin(), result.mean.end());
    std::reverse(result.deviation.begin(), result.deviation.end());
  }
  const int64_t channels_before = result.channels();
  result.order = order;
  if (result.channels() == channels_before) return;
  result.mean.assign(static_cast<size_t>(result.channels()), 0);
  result.deviation.assign(static_cast<size_t>(result.channels()), 1);
}

// Shorter side before the crop: pixels, or a fraction of the size.
int64_t resize_of(const std::string& text, const Preprocess& sized) {
  if (text.find('/') == std::string::npos) return extent(text);
  const double share = fraction(text);
  if (!(share >= 1)) throw Error(fmt::format("\"{}\" is less than the size", text), "write for example resize=256/224");
  const int64_t side = std::min(sized.height, sized.width);
  constexpr int64_t kWholeBelow = 128;
  return side < kWholeBelow ? 0 : std::lround(static_cast<double>(side) * share);
}

struct Assignment {
  std::string name, value, word;
};

void assign(Preprocess& result, const Assignment& a) {
  if (a.name == "scale") {
    result.scale = static_cast<float>(fraction(a.value));
  } else if (a.name == "mean") {
    result.mean = per_channel(a.value, result.channels());
  } else if (a.name == "deviation" || a.name == "std") {
    result.deviation = per_channel(a.value, result.channels());
  } else if (a.name == "size") {
    const std::vector<std::string> sides = split(a.value, "x");
    if (sides.size() > 2) throw Error(fmt::format("\"{}\" is not a size", a.value), "give size=HEIGHTxWIDTH");
    result.height = extent(sides.front());
    result.width = extent(sides.back());
  } else if (a.name != "range" && a.name != "resize") {
    throw Error(fmt::format("\"{}\" is not understood", a.word),
                "write caffe, keras, torchvision, tf, none or words such as bgr range=0..1 mean=0.4,0.5,0.6 std=1 size=227x227");
  }
}

// All words but a convention's name, whatever their order.
void apply_words(Preprocess& result, const std::vector<std::string>& words) {
  std::vector<Assignment> assignments;
  for (const std::string& word : words) {
    if (word.empty() || find_convention(word)) continue;
    if (is_order(word)) {
      const std::string order = order_name(word);
      set_order(result, order == "rgb" ? ColourOrder::kRgb : order == "bgr" ? ColourOrder::kBgr : ColourOrder::kGrey);
      continue;
    }
    const size_t equals = word.find('=');
    assignments.push_back({word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1), word});
  }
  std::optional<Range> in;
  for (const Assignment& a : assignments)
    if (a.name == "range") in = range(a.value);
  if (in) {
    result.scale = static_cast<float>((in->last - in->first) / 255);
    result.mean.assign(static_cast<size_t>(result.channels()), 0);
    result.deviation.assign(static_cast<size_t>(result.channels()), 1);
  }
  for (const Assignment& a : assignments) assign(result, a);
  if (in)
    for (float& mean : result.mean) mean -= static_cast<float>(in->first);
  for (const Assignment& a : assignments)
    if (a.name == "resize") result.resize = resize_of(a.value, result);
}

float average(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0f) / static_cast<float>(values.size());
}

Preprocess named(const Convention& convention, const Preprocess& base) {
  Preprocess result;
  result.height = base.height ? base.height : convention.size;
  result.width = base.width ? base.width : convention.size;
  apply_words(result, split(convention.words, " "));
  if (base.order != ColourOrder::kGrey) return result;
  result.order = ColourOrder::kGrey;
  result.mean = {average(result.mean)};
  result.deviation = {average(result.deviation)};
  return result;
}

bool same_values(const Preprocess& a, const Preprocess& b) {
  const auto near = [](float x, float y) { return std::abs(x - y) <= 1e-5f * std::max({1.0f, std::abs(x), std::abs(y)}); };
  return a.order == b.order && std::abs(a.scale / b.scale - 1) < 1e-5f &&
         std::equal(a.mean.begin(), a.mean.end(), b.mean.begin(), b.mean.end(), near) &&
         std::equal(a.deviation.begin(), a.deviation.end(), b.deviation.begin(), b.deviation.end(), near);
}

bool all_are(const std::vector<float>& values, float wanted) {
  return std::all_of(values.begin(), values.end(), [&](float value) { return value == wanted; });
}

// One number where all are equal.
std::string list(const std::vector<float>& values) {
  if (all_are(values, values.at(0))) return fmt::format("{:.6g}", values[0]);
  return fmt::format("{:.6g}", fmt::join(values, ","));
}

}  // namespace

Preprocess parse_preprocess(const std::string& text, const Preprocess& base) {
  return located("preprocess", [&] {
    Preprocess result = base;
    const std::vector<std::string> words = split_words(text);
    const Convention* convention = nullptr;
    for (const std::string& word : words) {
      const Convention* found = find_convention(word);
      if (found && convention) throw Error(fmt::format("{} and {} are two conventions", convention->name, found->name), "name one");
      if (found) convention = found;
    }
    if (convention) {
      Preprocess sized = base;  // a size and grey among the words count for the convention too
      apply_words(sized, words);
      result = named(*convention, sized);
    }
    apply_words(result, words);
    return Preprocess::from_json(result.to_json());  // checks numbers of channels, signs and sizes
  });
}

// "none" would read as if it were not known.
std::string preprocess_words(const Preprocess& p) {
  static constexpr const char* kOrders[] = {"rgb", "bgr", "grey"};
  std::string text;
  for (const Convention& convention : conventions())
    if (text.empty() && convention.name != std::string("none") && same_values(p, named(convention, {}))) text = convention.name;
  if (text.empty()) {
    text = kOrders[static_cast<size_t>(p.order)];
    const double span = 255.0 * p.scale;
    if (all_are(p.deviation, 1) && all_are(p.mean, p.mean.at(0))) {
      text += fmt::format(" range={:.6g}..{:.6g}", 0.0 - p.mean[0], span - p.mean[0]);
    } else {
      text += fmt::format(" range=0..{:.6g} mean={}", span, list(p.mean));
      if (!all_are(p.deviation, 1)) text += fmt::format(" std={}", list(p.deviation));
    }
  }
  if (p.height > 0) text += p.height == p.width ? fmt::format(" size={}", p.height) : fmt::format(" size={}x{}", p.height, p.width);
  const bool named_resize = text.starts_with("torchvision") && p.resize == resize_of("256/224", p);
  if (p.resize != 0 ? !named_resize : text.starts_with("torchvision") && !named_resize) text += fmt::format(" resize={}", p.resize);
  return text;
}

}  // namespace phosphene

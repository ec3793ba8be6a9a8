#include "phosphene/cli/options.h"

#include <charconv>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/model/labels.h"

namespace phosphene {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::istringstream stream(text);
  for (std::string piece; std::getline(stream, piece, separator);) pieces.push_back(piece);
  return pieces;
}

template <typename Number>
Number parse_as(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stop != end || text.empty()) throw Error(fmt::format("'{}' is not a number", text));
  return number;
}

// One number a channel; a single number stands for all.
std::vector<float> per_channel(const std::string& text, int64_t channels) {
  std::vector<float> values;
  for (const std::string& piece : split(text, '/')) values.push_back(parse_as<float>(piece));
  if (values.size() == 1) values.resize(static_cast<size_t>(channels), values[0]);
  if (static_cast<int64_t>(values.size()) != channels)
    throw Error(fmt::format("{} numbers for {} channels", values.size(), channels), "give one number a channel, parted by /");
  return values;
}

}  // namespace

Preprocess parse_preprocess(const std::string& text, Preprocess base) {
  return located("--preprocess", [&] {
    std::string mean, deviation;
    for (const std::string& piece : split(text, ',')) {
      const auto [value, key] = std::pair(piece.substr(std::min(piece.find('=') + 1, piece.size())), piece.substr(0, piece.find('=')));
      located(key, [&, value = value, key = key] {
        if (key == "order") {
          if (value == "rgb")
            base.order = ColourOrder::kRgb;
          else if (value == "bgr")
            base.order = ColourOrder::kBgr;
          else if (value == "grey")
            base.order = ColourOrder::kGrey;
          else
            throw Error(fmt::format("'{}' is no colour order", value), "use rgb, bgr or grey");
        } else if (key == "scale") {
          base.scale = parse_as<float>(value);
        } else if (key == "mean") {
          mean = value;
        } else if (key == "std") {
          deviation = value;
        } else if (key == "resize") {
          base.resize = parse_as<int64_t>(value);
        } else if (key == "size") {
          const size_t by = value.find('x');
          base.height = parse_as<int64_t>(value.substr(0, by));
          base.width = by == std::string::npos ? base.height : parse_as<int64_t>(value.substr(by + 1));
        } else {
          throw Error("unknown key", "use order, scale, mean, std, resize or size");
        }
      });
    }
    const auto channels = static_cast<size_t>(base.channels());
    if (base.mean.size() != channels) base.mean.assign(channels, 0);
    if (base.deviation.size() != channels) base.deviation.assign(channels, 1);
    if (!mean.empty()) base.mean = located("mean", [&] { return per_channel(mean, base.channels()); });
    if (!deviation.empty()) base.deviation = located("std", [&] { return per_channel(deviation, base.channels()); });
    return Preprocess::from_json(base.to_json());  // the same checks as for a file
  });
}

std::pair<std::string, std::string> parse_assignment(const std::string& text) {
  const size_t at = text.find('=');
  if (at == std::string::npos) return {"", text};
  return {text.substr(0, at), text.substr(at + 1)};
}

Model load_model_with(const std::string& name_or_file, const MeaningOptions& options) {
  Model model = load_model(name_or_file);
  if (!options.preprocess.empty()) {
    model.preprocess = parse_preprocess(options.preprocess, model.preprocess);
    model.preprocess_known = true;
  }
  if (!options.labels.empty()) model.labels = read_labels(options.labels);
  return model;
}

}  // namespace phosphene

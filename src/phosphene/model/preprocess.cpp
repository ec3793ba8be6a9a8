// x[c] = (pixel[order[c]] * scale - mean[c]) / deviation[c], and back: pixel[order[c]] = (x[c] * deviation[c] + mean[c]) / scale.
#include "phosphene/model/preprocess.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

struct OrderName {
  ColourOrder order;
  const char* name;
};
constexpr OrderName kOrders[] = {{ColourOrder::kRgb, "rgb"}, {ColourOrder::kBgr, "bgr"}, {ColourOrder::kGrey, "grey"}};

Image with_channels(const Image& image, int64_t channels) {
  if (image.channels == channels) return image;
  Image result = Image::blank(image.height, image.width, channels);
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    const uint8_t* from = image.pixels.data() + i * image.channels;
    uint8_t* to = result.pixels.data() + i * channels;
    if (channels == 1)
      *to = static_cast<uint8_t>(std::lround(0.299 * from[0] + 0.587 * from[1] + 0.114 * from[2]));
    else
      std::fill_n(to, channels, from[0]);
  }
  return result;
}

// The shortest decimal that reads back as the same float: 0.48, not 0.47999998927116394.
Json written(float value) { return std::stod(fmt::format("{}", value)); }
Json written(const std::vector<float>& values) {
  Json json = Json::array();
  for (const float value : values) json.push_back(written(value));
  return json;
}

void check_per_channel(const Preprocess& preprocess) {
  const auto channels = static_cast<size_t>(preprocess.channels());
  if (preprocess.mean.size() != channels || preprocess.deviation.size() != channels)
    throw Error(fmt::format("{} channels but {} means and {} deviations", channels, preprocess.mean.size(), preprocess.deviation.size()),
                "give one number a channel");
  if (!(preprocess.scale > 0) || !std::isfinite(preprocess.scale)) throw Error("the scale is not above zero");
  for (const float deviation : preprocess.deviation)
    if (!(deviation > 0) || !std::isfinite(deviation)) throw Error("a deviation is not above zero");
  if (preprocess.height < 0 || preprocess.width < 0 || preprocess.resize < 0) throw Error("a size is below zero");
}

}  // namespace

std::array<float, 256> Preprocess::values_of_pixel(int64_t c) const {
  const auto k = static_cast<size_t>(c);
  std::array<float, 256> values;
  for (size_t pixel = 0; pixel < values.size(); ++pixel) values[pixel] = (static_cast<float>(pixel) * scale - mean.at(k)) / deviation.at(k);
  return values;
}

Json Preprocess::to_json() const {
  Json json;
  for (const OrderName& entry : kOrders)
    if (entry.order == order) json["order"] = entry.name;
  json["scale"] = written(scale);
  json["mean"] = written(mean);
  json["deviation"] = written(deviation);
  json["height"] = height;
  json["width"] = width;
  json["resize"] = resize;
  return json;
}

Preprocess Preprocess::from_json(const Json& json) {
  return located("preprocess", [&] {
    Preprocess result;
    try {
      const auto name = json.at("order").get<std::string>();
      const auto* entry = std::find_if(std::begin(kOrders), std::end(kOrders), [&](const OrderName& known) { return name == known.name; });
      if (entry == std::end(kOrders)) throw Error(fmt::format("unknown colour order {}", name), "use rgb, bgr or grey");
      result.order = entry->order;
      result.scale = json.at("scale").get<float>();
      result.mean = json.at("mean").get<std::vector<float>>();
      result.deviation = json.at("deviation").get<std::vector<float>>();
      result.height = json.value("height", int64_t{0});
      result.width = json.value("width", int64_t{0});
      result.resize = json.value("resize", int64_t{0});
    } catch (const Json::exception& error) {
      throw Error(fmt::format("not understood ({})", error.what()), "write order, scale, mean and deviation");
    }
    check_per_channel(result);
    return result;
  });
}

void Preprocess::to_values(const Image& source, std::span<float> values) const {
  check_per_channel(*this);
  const int64_t h = height ? height : source.height, w = width ? width : source.width;
  Image image = source;
  if (resize)
    image = resize_and_crop(image, resize, h, w);
  else if (h != image.height || w != image.width)
    image = phosphene::resize(image, h, w);
  image = with_channels(image, channels());
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(values.size()), channels() * h * w);
  float* x = values.data();
  for (int64_t c = 0; c < channels(); ++c) {
    const std::array<float, 256> value = values_of_pixel(c);
    const uint8_t* pixel = image.pixels.data() + picture_channel(c);
    for (int64_t i = 0; i < h * w; ++i) *x++ = value[pixel[i * channels()]];
  }
}

Image Preprocess::to_image(std::span<const float> values, int64_t h, int64_t w) const {
  check_per_channel(*this);
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(values.size()), channels() * h * w);
  Image image = Image::blank(h, w, channels());
  const float* x = values.data();
  for (int64_t c = 0; c < channels(); ++c) {
    const auto k = static_cast<size_t>(c);
    uint8_t* pixel = image.pixels.data() + picture_channel(c);
    for (int64_t i = 0; i < h * w; ++i) {
      const float level = (*x++ * deviation[k] + mean[k]) / scale;
      pixel[i * channels()] = static_cast<uint8_t>(std::lround(level > 0 ? std::min(level, 255.0f) : 0.0f));  // not a number: 0
    }
  }
  return image;
}

}  // namespace phosphene

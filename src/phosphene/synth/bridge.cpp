// With p the pixel in RGB, s the picture's values and t the input's (o: colour order, a: scale, m: mean, d: deviation):
//
//     p[o_s(k)] = (s[k] d_s[k] + m_s[k]) / a_s            t[c] = (p[o_t(c)] a_t - m_t[c]) / d_t[c]
//     t[c] = sum_k M[c][k] s[k] + b[c],   M[c][k] = (a_t / d_t[c]) w[c][k] d_s[k] / a_s,
//     b[c] = (a_t / d_t[c]) sum_k w[c][k] m_s[k] / a_s - m_t[c] / d_t[c]
//
// where w[c][k] is the share of the picture's channel k in the pixel channel that c reads: 0 or 1 between colours, the luma
// weights from colour to grey, 1 from grey to colour.
#include "phosphene/synth/bridge.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr double kCropBelow = 1.5;                              // larger pictures are resized: a crop would lose most of them
constexpr std::array<double, 3> kLuma = {0.299, 0.587, 0.114};  // ITU-R BT.601, as image readers use

int64_t rgb_index(ColourOrder order, int64_t channel) { return order == ColourOrder::kBgr ? 2 - channel : channel; }

double share(ColourOrder from, int64_t k, ColourOrder to, int64_t c) {
  if (from == ColourOrder::kGrey) return 1;
  if (to == ColourOrder::kGrey) return kLuma[static_cast<size_t>(rgb_index(from, k))];
  return rgb_index(from, k) == rgb_index(to, c) ? 1 : 0;
}

bool same_values(const Preprocess& a, const Preprocess& b) {
  return a.order == b.order && a.scale == b.scale && a.mean == b.mean && a.deviation == b.deviation;
}

void check_channels(const Preprocess& p) {
  const auto channels = static_cast<size_t>(p.channels());
  if (p.mean.size() < channels || p.deviation.size() < channels)
    throw Error("preprocess > mean and deviation need one value a channel", "give them with --preprocess");
}

}  // namespace

Bridge make_bridge(const PictureSpace& picture, const PictureSpace& input) {
  const Preprocess &s = picture.preprocess, &t = input.preprocess;
  check_channels(s);
  check_channels(t);
  Bridge bridge;
  bridge.height = input.height;
  bridge.width = input.width;
  if (picture.height != input.height || picture.width != input.width) {
    const double larger = std::max(static_cast<double>(picture.height) / static_cast<double>(input.height),
                                   static_cast<double>(picture.width) / static_cast<double>(input.width));
    const bool covers = picture.height >= input.height && picture.width >= input.width;
    bridge.fit = covers && larger < kCropBelow ? Bridge::Fit::kCentreCrop : Bridge::Fit::kResize;
  }
  if (same_values(s, t)) return bridge;
  for (int64_t c = 0; c < t.channels(); ++c) {
    const auto row = static_cast<size_t>(c);
    const double gain = static_cast<double>(t.scale) / t.deviation[row];
    double offset = -static_cast<double>(t.mean[row]) / t.deviation[row];
    for (int64_t k = 0; k < s.channels(); ++k) {
      const auto column = static_cast<size_t>(k);
      const double weight = gain * share(s.order, k, t.order, c) / s.scale;
      bridge.matrix.push_back(static_cast<float>(weight * s.deviation[column]));
      offset += weight * s.mean[column];
    }
    bridge.offset.push_back(static_cast<float>(offset));
  }
  return bridge;
}

PixelRect through_bridge(const PixelRect& rect, const PictureSpace& picture, const PictureSpace& input) {
  const Bridge::Fit fit = make_bridge(picture, input).fit;
  struct Range {
    int64_t first, last;
  };
  const auto map = [&](Range range, int64_t picture_size, int64_t input_size) -> Range {
    if (fit == Bridge::Fit::kCentreCrop) {
      const int64_t shift = (picture_size - input_size) / 2;
      range = {range.first + shift, range.last + shift};
    } else if (fit == Bridge::Fit::kResize) {
      const double ratio = static_cast<double>(picture_size) / static_cast<double>(input_size);
      range = {static_cast<int64_t>(std::floor(static_cast<double>(range.first) * ratio)),
               static_cast<int64_t>(std::ceil(static_cast<double>(range.last) * ratio))};
    }
    range.first = std::clamp<int64_t>(range.first, 0, picture_size - 1);
    range.last = std::clamp<int64_t>(range.last, range.first + 1, picture_size);
    return range;
  };
  const Range rows = map({rect.y, rect.y + rect.height}, picture.height, input.height);
  const Range columns = map({rect.x, rect.x + rect.width}, picture.width, input.width);
  return {rows.first, columns.first, rows.last - rows.first, columns.last - columns.first};
}

}  // namespace phosphene

// A picture of height x width pixels is a window in a square photograph of side s = max(height, width). Its wave (u, v) has
//
//     k = (|u| s / height, |v| s / width)                            cycles a photograph
//     |X(u, v)| = M(k) * (s / 64)^2 * sqrt(height width / s^2)
//
// where M is the magnitude measured on photographs of 64x64 pixels: the same photograph in more pixels has the same waves, each a sum over
// more pixels; a window of part a of it has sqrt(a) of the sum, since the phases of its parts are independent. Between whole cycles log M
// is interpolated linearly. Beyond the measured 31 cycles M falls by the channel's power law along the ray from 0 through k, from where the
// ray leaves the square of measured waves:
//
//     M(k) = M(t k) t^exponent,   t = 31 / max(k)
#include "phosphene/synth/natural_spectrum.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

// log M inside the square of measured waves.
double measured(const MeasuredChannel& channel, double down, double across) {
  const auto u = std::min(static_cast<int64_t>(down), kMeasuredWaves - 2), v = std::min(static_cast<int64_t>(across), kMeasuredWaves - 2);
  const double part_u = down - static_cast<double>(u), part_v = across - static_cast<double>(v);
  const auto at = [&](int64_t row, int64_t column) {
    return std::log(static_cast<double>(channel.magnitude[static_cast<size_t>(row * kMeasuredWaves + column)]));
  };
  return (1 - part_u) * ((1 - part_v) * at(u, v) + part_v * at(u, v + 1)) +
         part_u * ((1 - part_v) * at(u + 1, v) + part_v * at(u + 1, v + 1));
}

}  // namespace

double natural_magnitude(const MeasuredChannel& channel, const Wave& wave, const PictureSides& sides) {
  PHOSPHENE_CHECK(wave.down != 0 || wave.across != 0);
  const auto height = static_cast<double>(sides.height), width = static_cast<double>(sides.width), side = std::max(height, width);
  const double down = std::fabs(static_cast<double>(wave.down)) * side / height;
  const double across = std::fabs(static_cast<double>(wave.across)) * side / width;
  const double inside = std::min(1.0, static_cast<double>(kMeasuredWaves - 1) / std::max(down, across));
  const double log_magnitude = measured(channel, inside * down, inside * across) + channel.exponent * std::log(inside);
  return std::exp(log_magnitude) * side * std::sqrt(height * width) / static_cast<double>(kMeasuredSide * kMeasuredSide);
}

}  // namespace phosphene

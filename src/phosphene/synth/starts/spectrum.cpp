// 1/f noise: neighbouring places of the grid are alike, as they are in codes of photographs. Each channel of the code [c, h, w] by itself:
//
//     y = d x / deviation(x),   x[p] = sum_q k[p - q] n[q]   (indices wrap round),   n ~ N(0, 1) from Rng(seed, "init", unit)
//     k[p] = sum over waves (u, v) other than (0, 0) of cos(2 pi (u p_y / h + v p_x / w)) / f,   f = cycles a place of the wave
#include <charconv>
#include <cmath>
#include <numbers>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

constexpr double kDeviation = 0.5;

double deviation_of(const std::string& text) {
  if (text.empty()) return kDeviation;
  double value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !(value > 0 && value < 1e6))
    throw Error(fmt::format("init spectrum > \"{}\" is no deviation", text), "give a number above zero, as spectrum:0.5");
  return value;
}

std::vector<double> kernel_of(int64_t height, int64_t width) {
  std::vector<double> kernel(static_cast<size_t>(height * width));
  for (int64_t u = 0; u < height; ++u)
    for (int64_t v = 0; v < width; ++v) {
      if (u == 0 && v == 0) continue;
      const double down = static_cast<double>(2 * u <= height ? u : u - height) / static_cast<double>(height);
      const double across = static_cast<double>(2 * v <= width ? v : v - width) / static_cast<double>(width);
      const double amplitude = 1 / std::hypot(down, across);
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
          const double turns = static_cast<double>(u * y % height) / static_cast<double>(height) +
                               static_cast<double>(v * x % width) / static_cast<double>(width);
          kernel[static_cast<size_t>(y * width + x)] += amplitude * std::cos(2 * std::numbers::pi * turns);
        }
    }
  return kernel;
}

// Noise of one channel, filtered in place, to the deviation.
void colour_noise(std::span<float> values, const std::vector<double>& kernel, int64_t width, double deviation) {
  const auto height = static_cast<int64_t>(values.size()) / width;
  std::vector<double> filtered(values.size());
  double square = 0;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      double sum = 0;
      for (int64_t j = 0; j < height; ++j) {
        const double* row = kernel.data() + (y - j + height) % height * width;
        for (int64_t i = 0; i < width; ++i) sum += row[(x - i + width) % width] * values[static_cast<size_t>(j * width + i)];
      }
      filtered[static_cast<size_t>(y * width + x)] = sum;
      square += sum * sum;  // the mean is zero: the kernel has no wave (0, 0)
    }
  const double scale = deviation / std::sqrt(square / static_cast<double>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(scale * filtered[i]);
}

FillStart start_from_spectrum(const StartRequest& request) {
  const Shape shape = code_shape(request.prior);
  if (shape.rank() != 3 || shape[1] * shape[2] < 2)
    throw Error(fmt::format("init spectrum > the code {} of the prior {} is no grid", shape, request.prior.name), "give --init normal");
  return [deviation = deviation_of(request.argument), kernel = kernel_of(shape[1], shape[2]), width = shape[2]](const JobName& job, size_t,
                                                                                                                std::span<float> code) {
    Rng(job.seed, "init", static_cast<uint64_t>(job.objective.terms.front().unit)).fill_normal(code);
    for (size_t c = 0; c < code.size(); c += kernel.size()) colour_noise(code.subspan(c, kernel.size()), kernel, width, deviation);
  };
}

}  // namespace

extern const Start kSpectrumStart = {.name = "spectrum",
                                     .argument = "DEVIATION",
                                     .about = "1/f noise over the code's grid, each channel of that deviation (0.5)",
                                     .prepare = start_from_spectrum};

}  // namespace phosphene

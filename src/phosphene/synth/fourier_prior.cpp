// c[v, u] = (a + i b) / max(f, 1 / side), f the wave's cycles a pixel; colours by a fixed matrix; then, waves along the height first,
//
//     d[v, y] = sum_u c[v, u] e^(2 pi i u y / height)
//     x[y, x] = sum_v m_v Re(d[v, y] e^(2 pi i v x / width)),   m_v = 1 for v = 0 and v = width / 2, else 2
//     picture = 1 / (1 + e^-x)
//
// each sum a product with one matrix, real parts beside imaginary ones.
#include "phosphene/synth/fourier_prior.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

// Square root of the covariance of colours in natural images, normalised (Olah et al. 2017, the authors' program lucid).
constexpr double kColours[3][3] = {{0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}};
// A code of deviation 1 starts the search near grey: lucid's 0.01, and its 1/4 on the picture.
constexpr double kStart = 0.01 / 4;

Tensor colour_matrix(int64_t channels) {
  if (channels == 1) return Tensor(Shape{1, 1, 1, 1}, std::vector<float>{1});
  double largest = 0;
  for (int column = 0; column < 3; ++column) {
    double square = 0;
    for (const auto& row : kColours) square += row[column] * row[column];
    largest = std::max(largest, std::sqrt(square));
  }
  std::vector<float> values;
  for (const auto& row : kColours)
    for (const double value : row) values.push_back(static_cast<float>(value / largest));
  return Tensor(Shape{3, 3, 1, 1}, values);
}

// [waves, 2 height]: the factor on both parts of every wave.
Tensor amplitudes(int64_t height, int64_t width) {
  const int64_t waves = width / 2 + 1;
  const double lowest = 1.0 / static_cast<double>(std::max(height, width));
  const double scale = kStart / std::sqrt(static_cast<double>(height * width));
  Tensor tensor = Tensor::zeros({waves, 2 * height});
  for (int64_t v = 0; v < waves; ++v)
    for (int64_t u = 0; u < height; ++u) {
      const double across = static_cast<double>(v) / static_cast<double>(width);
      const double down = static_cast<double>(u <= height / 2 ? u : u - height) / static_cast<double>(height);
      const auto value = static_cast<float>(scale / std::max(std::hypot(across, down), lowest));
      tensor.floats()[static_cast<size_t>(v * 2 * height + u)] = tensor.floats()[static_cast<size_t>((v * 2 + 1) * height + u)] = value;
    }
  return tensor;
}

double angle(int64_t a, int64_t b, int64_t period) {
  return 2 * std::numbers::pi * static_cast<double>(a * b % period) / static_cast<double>(period);
}

// [2 height, 2 height]: (real | imaginary of c) -> (real | imaginary of d).
Tensor waves_down(int64_t height) {
  Tensor tensor = Tensor::zeros({2 * height, 2 * height});
  const auto at = [&](int64_t from, int64_t to) -> float& { return tensor.floats()[static_cast<size_t>(from * 2 * height + to)]; };
  for (int64_t u = 0; u < height; ++u)
    for (int64_t y = 0; y < height; ++y) {
      const double phase = angle(u, y, height);
      at(u, y) = at(height + u, height + y) = static_cast<float>(std::cos(phase));
      at(u, height + y) = static_cast<float>(std::sin(phase));
      at(height + u, y) = static_cast<float>(-std::sin(phase));
    }
  return tensor;
}

// [2 waves, width]: wave after wave its (real, imaginary) of d -> x.
Tensor waves_across(int64_t width) {
  const int64_t waves = width / 2 + 1;
  Tensor tensor = Tensor::zeros({2 * waves, width});
  for (int64_t v = 0; v < waves; ++v)
    for (int64_t x = 0; x < width; ++x) {
      const double twice = v == 0 || 2 * v == width ? 1 : 2, phase = angle(v, x, width);
      tensor.floats()[static_cast<size_t>(2 * v * width + x)] = static_cast<float>(twice * std::cos(phase));
      tensor.floats()[static_cast<size_t>((2 * v + 1) * width + x)] = static_cast<float>(-twice * std::sin(phase));
    }
  return tensor;
}

}  // namespace

Prior fourier_prior(const PictureSpace& input) {
  const int64_t channels = input.preprocess.channels(), h = input.height, w = input.width, waves = w / 2 + 1;
  Prior prior;
  prior.name = "fourier";
  prior.code = "code";
  prior.image = "picture";
  prior.seen = "seen";
  prior.view = RandomView{"view_rows", "view_columns", h, w};
  prior.code_size = channels * waves * 2 * h;
  prior.picture.preprocess.order = channels == 1 ? ColourOrder::kGrey : ColourOrder::kRgb;
  prior.picture.preprocess.mean.assign(static_cast<size_t>(channels), 0.0f);
  prior.picture.preprocess.deviation.assign(static_cast<size_t>(channels), 1.0f);
  prior.picture.height = h;
  prior.picture.width = w;

  Graph& g = prior.graph;
  g.name = "fourier";
  g.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, prior.code_size}}},
              {"view_rows", {DataType::kFloat32, Shape{kUnknown, h, h}}},
              {"view_columns", {DataType::kFloat32, Shape{kUnknown, w, w}}}};
  g.outputs = {"picture", "seen"};
  g.add_weight("amplitudes", amplitudes(h, w));
  g.add_weight("colours", colour_matrix(channels));
  g.add_weight("down", waves_down(h));
  g.add_weight("across", waves_across(w));
  g.add_weight("as_waves", Tensor::ints({0, channels, waves, 2 * h}));
  g.add_weight("as_parts", Tensor::ints({0, channels, waves, 2, h}));
  g.add_weight("as_rows", Tensor::ints({0, h * channels, 2 * waves}));
  g.add_weight("as_wide", Tensor::ints({0, h, channels * w}));
  g.add_weight("as_tall", Tensor::ints({0, h * channels, w}));
  g.add_weight("as_picture", Tensor::ints({0, h, channels, w}));
  const std::vector<int64_t> rows_first{0, 4, 1, 2, 3}, channels_first{0, 2, 1, 3};
  g.nodes = {{"waves", "Reshape", {"code", "as_waves"}, {"waves"}, {}},
             {"amplify", "Mul", {"waves", "amplitudes"}, {"amplified"}, {}},
             {"colour", "Conv", {"amplified", "colours"}, {"coloured"}, {}},
             {"sum_down", "MatMul", {"coloured", "down"}, {"summed"}, {}},
             {"parts", "Reshape", {"summed", "as_parts"}, {"parts"}, {}},
             {"rows", "Transpose", {"parts"}, {"turned"}, {{"perm", rows_first}}},
             {"flat", "Reshape", {"turned", "as_rows"}, {"flat"}, {}},
             {"sum_across", "MatMul", {"flat", "across"}, {"drawn"}, {}},
             {"squash", "Sigmoid", {"drawn"}, {"tall"}, {}},
             {"show", "Reshape", {"tall", "as_picture"}, {"shown"}, {}},
             {"picture", "Transpose", {"shown"}, {"picture"}, {{"perm", channels_first}}},
             {"wide", "Reshape", {"tall", "as_wide"}, {"wide"}, {}},
             {"move_rows", "MatMul", {"view_rows", "wide"}, {"moved_rows"}, {}},
             {"tall_again", "Reshape", {"moved_rows", "as_tall"}, {"moved_tall"}, {}},
             {"columns", "Transpose", {"view_columns"}, {"turned_columns"}, {{"perm", std::vector<int64_t>{0, 2, 1}}}},
             {"move_columns", "MatMul", {"moved_tall", "turned_columns"}, {"moved"}, {}},
             {"see", "Reshape", {"moved", "as_picture"}, {"moved_picture"}, {}},
             {"seen", "Transpose", {"moved_picture"}, {"seen"}, {{"perm", channels_first}}}};
  g = infer_shapes(std::move(g));
  return prior;
}

}  // namespace phosphene

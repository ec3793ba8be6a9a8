// From coefficients c, coloured; waves along the height first,
//
//     d[v, y] = sum_u c[v, u] e^(2 pi i u y / height)
//     x[y, x] = sum_v m_v Re(d[v, y] e^(2 pi i v x / width)),   m_v = 1 for v = 0 and v = width / 2, else 2
//     picture = 1 / (1 + e^-x)
//
// each sum a product with one matrix, real parts beside imaginary ones.
#include "phosphene/synth/waves.h"

#include <cmath>
#include <numbers>

namespace phosphene {

namespace {

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

Prior begin_waves(const std::string& name, const PictureSpace& input, int64_t code_size) {
  const int64_t channels = input.preprocess.channels();
  Prior prior;
  prior.name = prior.graph.name = name;
  prior.code = "code";
  prior.code_size = code_size;
  prior.picture.preprocess.order = channels == 1 ? ColourOrder::kGrey : ColourOrder::kRgb;
  prior.picture.preprocess.mean.assign(static_cast<size_t>(channels), 0.0f);
  prior.picture.preprocess.deviation.assign(static_cast<size_t>(channels), 1.0f);
  prior.picture.height = input.height;
  prior.picture.width = input.width;
  prior.graph.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, code_size}}}};
  return prior;
}

void end_waves(Prior& prior, const std::string& coefficients, const Tensor& colours) {
  const int64_t channels = prior.picture.preprocess.channels(), h = prior.picture.height, w = prior.picture.width, waves = w / 2 + 1;
  prior.image = "picture";
  Graph& g = prior.graph;
  g.outputs = {"picture"};
  g.add_weight("colours", colours);
  g.add_weight("down", waves_down(h));
  g.add_weight("across", waves_across(w));
  g.add_weight("as_parts", Tensor::ints({0, channels, waves, 2, h}));
  g.add_weight("as_rows", Tensor::ints({0, h * channels, 2 * waves}));
  g.add_weight("as_picture", Tensor::ints({0, h, channels, w}));
  const std::vector<int64_t> rows_first{0, 4, 1, 2, 3}, channels_first{0, 2, 1, 3};
  const std::vector<Node> nodes = {{"colour", "Conv", {coefficients, "colours"}, {"coloured"}, {}},
                                   {"sum_down", "MatMul", {"coloured", "down"}, {"summed"}, {}},
                                   {"parts", "Reshape", {"summed", "as_parts"}, {"parts"}, {}},
                                   {"rows", "Transpose", {"parts"}, {"turned"}, {{"perm", rows_first}}},
                                   {"flat", "Reshape", {"turned", "as_rows"}, {"flat"}, {}},
                                   {"sum_across", "MatMul", {"flat", "across"}, {"drawn"}, {}},
                                   {"squash", "Sigmoid", {"drawn"}, {"tall"}, {}},
                                   {"show", "Reshape", {"tall", "as_picture"}, {"shown"}, {}},
                                   {"picture", "Transpose", {"shown"}, {"picture"}, {{"perm", channels_first}}}};
  g.nodes.insert(g.nodes.end(), nodes.begin(), nodes.end());
  g = infer_shapes(std::move(g));
}

}  // namespace phosphene

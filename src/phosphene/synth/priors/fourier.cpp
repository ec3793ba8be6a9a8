// c[v, u] = (a + i b) / max(f, 1 / side), f the wave's cycles a pixel; colours by a fixed matrix; the picture is the sum of these waves.
#include "phosphene/synth/priors/fourier.h"

#include <algorithm>
#include <cmath>

#include "phosphene/synth/waves.h"

namespace phosphene {

namespace {

// Square root of the covariance of colours in natural images, normalised (Olah et al. 2017, the authors' program lucid).
constexpr double kColours[3][3] = {{0.26, 0.09, 0.02}, {0.27, 0.00, -0.05}, {0.27, -0.09, 0.03}};
// A code of deviation 1 starts the search near grey: lucid's 0.01, and its 1/4 on the picture.
constexpr double kStart = 0.01 / 4;

Tensor lucid_colours(int64_t channels) {
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

}  // namespace

Prior fourier_prior(const PictureSpace& input) {
  const int64_t channels = input.preprocess.channels(), h = input.height, waves = input.width / 2 + 1;
  Prior prior = begin_waves("fourier", input, channels * waves * 2 * h);
  Graph& g = prior.graph;
  g.add_weight("amplitudes", amplitudes(h, input.width));
  g.add_weight("as_waves", Tensor::ints({0, channels, waves, 2 * h}));
  g.nodes = {{"waves", "Reshape", {"code", "as_waves"}, {"waves"}, {}}, {"amplify", "Mul", {"waves", "amplitudes"}, {"amplified"}, {}}};
  end_waves(prior, "amplified", lucid_colours(channels));
  prior.usual.rule = "adam";
  prior.usual.lr0 = 5;
  prior.usual.views = Views{};
  return prior;
}

extern const PriorKind kFourierPrior = {"fourier", "the picture's waves, with colours apart",
                                        [](const Model& network, const PriorOptions&) { return fourier_prior(input_space(network)); }};

}  // namespace phosphene

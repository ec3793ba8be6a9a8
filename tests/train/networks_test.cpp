// What a network is before it is trained.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "phosphene/train/builder.h"

namespace phosphene {
namespace {

// A flat picture stays flat: every output position sums the same weights, whichever of the stride's phases it lies in.
TEST(GraphBuilder, ATransposedConvolutionStartsWithoutACheckerboard) {
  GraphBuilder net("net", 0);
  const std::string input = net.input("x", {kUnknown, 16, 4, 4});
  const Graph graph = net.finish({net.transposed_conv("up", input, {.out = 8, .kernel = 4, .stride = 2, .pad = 1}, 2)});
  const std::span<const float> w = graph.weights.at("up.weight")->floats();
  double square = 0;
  for (size_t pair = 0; pair < 16 * 8; ++pair) {
    std::array<double, 4> phase{};
    for (size_t y = 0; y < 4; ++y)
      for (size_t x = 0; x < 4; ++x) {
        phase[(y % 2) * 2 + x % 2] += w[pair * 16 + y * 4 + x];
        square += std::pow(w[pair * 16 + y * 4 + x], 2);
      }
    for (const double sum : phase) EXPECT_NEAR(sum, phase[0], 1e-6);
  }
  EXPECT_NEAR(square / (16 * 8 * 16), 2.0 / (16 * 4), 0.006);  // gain over fan-in, as for any other weight
}

}  // namespace
}  // namespace phosphene

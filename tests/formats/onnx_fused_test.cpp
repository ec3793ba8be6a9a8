// What ONNX Runtime fuses, and the operators of opsets 23 and 24, against their definitions written out here.
#include "formats/onnx_text.h"

namespace phosphene::fused_test {
namespace {

using namespace test;

// Two pictures of two channels and 1x2 pixels; weights of three outputs.
const std::vector<float> kX = {1, -2, 0.5f, 3, -1, 0.25f, 2, -0.5f};
const std::vector<float> kW = {0.5f, -1, 2, 0.25f, -0.75f, 1.5f, 1, -0.5f, 0.125f, 0.25f, -2, 1};
const std::vector<float> kB = {0.1f, -0.2f, 0.3f};

// x W' + b of every picture.
std::vector<double> products() {
  std::vector<double> y;
  for (size_t n = 0; n < 2; ++n)
    for (size_t o = 0; o < 3; ++o) {
      double sum = kB[o];
      for (size_t i = 0; i < 4; ++i) sum += static_cast<double>(kX[4 * n + i]) * kW[4 * o + i];
      y.push_back(sum);
    }
  return y;
}

std::vector<double> each(std::vector<double> values, double (*function)(double)) {
  for (double& value : values) value = function(value);
  return values;
}

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
double gelu_by_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

TextModel network(const std::string& nodes) {
  TextModel model(17, "g (float[N,2,1,2] x) => (float[N,3] y) {" + nodes + "}");
  return model.floats("w", {3, 2, 1, 2}, kW).floats("b", {3}, kB).floats("f", {3, 4}, kW).ints("ones", {2, 3});
}

TEST(OnnxFused, ConvolutionWithAnActivation) {
  expect_values(network("c = com.microsoft.FusedConv <activation = \"Relu\"> (x, w, b)  y = Flatten (c)").y(kX, 2),
                each(products(), [](double v) { return std::max(v, 0.0); }));
  expect_values(
      network("c = com.microsoft.FusedConv <activation = \"LeakyRelu\", activation_params = [0.1]> (x, w, b)  y = Flatten (c)").y(kX, 2),
      each(products(), [](double v) { return v > 0 ? v : 0.1 * v; }));
  expect_values(
      network("c = com.microsoft.FusedConv <activation = \"HardSigmoid\", activation_params = [0.3, 0.4]> (x, w, b)  y = Flatten (c)")
          .y(kX, 2),
      each(products(), [](double v) { return std::clamp(0.3 * v + 0.4, 0.0, 1.0); }));
  const Graph graph = network("c = com.microsoft.FusedConv <activation = \"Swirl\"> (x, w, b)  y = Flatten (c)  z = Relu (x)").graph();
  EXPECT_NE(graph.find_opaque("y")->cause.find("the activation Swirl is not supported"), std::string::npos);
}

TEST(OnnxFused, Products) {
  const std::string flat = "e = Flatten (x) ";
  expect_values(network(flat + "y = com.microsoft.FusedGemm <transB = 1, activation = \"Relu\"> (e, f, b)").y(kX, 2),
                each(products(), [](double v) { return std::max(v, 0.0); }));
  std::vector<double> twice = products();
  for (size_t i = 0; i < twice.size(); ++i) twice[i] = 2 * (twice[i] - kB[i % 3]);
  expect_values(network(flat + "y = com.microsoft.FusedMatMul <transB = 1, alpha = 2.0> (e, f)").y(kX, 2), twice);
}

TEST(OnnxFused, Gelus) {
  const std::string scores = "e = Flatten (x) z = Gemm <transB = 1> (e, f) ";
  expect_values(network(scores + "s = Add (z, b) y = com.microsoft.Gelu (s)").y(kX, 2), each(products(), gelu));
  expect_values(network(scores + "y = com.microsoft.BiasGelu (z, b)").y(kX, 2), each(products(), gelu));
  expect_values(network(scores + "y = com.microsoft.FastGelu (z, b)").y(kX, 2), each(products(), gelu_by_tanh));
  expect_values(network(scores + "s = Add (z, b) y = com.microsoft.QuickGelu (s)").y(kX, 2),
                each(products(), [](double v) { return v / (1 + std::exp(-1.702 * v)); }));
  TextModel swish(24, "g (float[N,2,1,2] x) => (float[N,2,1,2] y) { y = Swish <alpha = 0.5> (x) }");
  std::vector<double> wanted;
  for (const float v : kX) wanted.push_back(v / (1 + std::exp(-0.5 * v)));
  expect_values(swish.y(kX, 2), wanted);
}

// Rows of three: (u - mean) / sqrt(variance + eps) s + t, or u / sqrt(mean of squares + eps) s.
std::vector<double> normalized(const std::vector<double>& rows, bool centred) {
  std::vector<double> y;
  for (size_t row = 0; row < rows.size(); row += 3) {
    const double mean = centred ? (rows[row] + rows[row + 1] + rows[row + 2]) / 3 : 0;
    double square = 0;
    for (size_t i = 0; i < 3; ++i) square += std::pow(rows[row + i] - mean, 2) / 3;
    for (size_t i = 0; i < 3; ++i) y.push_back((rows[row + i] - mean) / std::sqrt(square + 0.01) * (i + 1.0) + (centred ? 0.5 : 0));
  }
  return y;
}

TEST(OnnxFused, NormalisationsOfASum) {
  const std::vector<float> x = random_values(12, "skip");
  const auto model = [](const std::string& node) {
    TextModel m(17, "g (float[N,2,3] x) => (float[N,2,3] y) {" + node + "}");
    return m.floats("s", {3}, {1, 2, 3})
        .floats("t", {3}, {0.5f, 0.5f, 0.5f})
        .floats("k", {1, 2, 3}, {1, 0, -1, 2, 1, 0})
        .floats("c", {3}, {1, -1, 0});
  };
  const std::vector<double> k = {1, 0, -1, 2, 1, 0}, c = {1, -1, 0};
  std::vector<double> sum(12), with_bias(12);
  for (size_t i = 0; i < 12; ++i) sum[i] = x[i] + k[i % 6], with_bias[i] = sum[i] + c[i % 3];
  expect_values(model("y = com.microsoft.SkipLayerNormalization <epsilon = 0.01> (x, k, s, t)").y(x, 2), normalized(sum, true));
  expect_values(model("y, , , z = com.microsoft.SkipLayerNormalization <epsilon = 0.01> (x, k, s, t, c)").y(x, 2),
                normalized(with_bias, true));
  expect_values(model("y, , , z = com.microsoft.SkipLayerNormalization <epsilon = 0.01> (x, k, s, t, c)").y(x, 2, "z"), with_bias);
  expect_values(model("y = com.microsoft.SkipSimplifiedLayerNormalization <epsilon = 0.01> (x, k, s)").y(x, 2), normalized(sum, false));
  TextModel rms(23, "g (float[N,2,3] x) => (float[N,2,3] y) { y = RMSNormalization <epsilon = 0.01> (x, s) }");
  expect_values(rms.floats("s", {3}, {1, 2, 3}).y(x, 2), normalized({x.begin(), x.end()}, false));
}

}  // namespace
}  // namespace phosphene::fused_test

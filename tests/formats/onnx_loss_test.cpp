// Losses and linear attention, against their definitions written out here.
#include "formats/onnx_text.h"

namespace phosphene::loss_test {
namespace {

using namespace test;

TEST(OnnxLoss, CrossEntropyOfWeightedClassesWithoutIgnoredOnes) {
  const auto x = random_values(4 * 3, "scores");
  const std::vector<float> weight = {0.5F, 2, 1};
  const std::vector<size_t> target = {2, 0, 1, 0};  // the third is ignored
  double sum = 0, weights = 0, plain = 0;
  for (size_t n = 0; n < 4; ++n) {
    double all = 0;
    for (size_t c = 0; c < 3; ++c) all += std::exp(static_cast<double>(x[n * 3 + c]));
    const double loss = std::log(all) - static_cast<double>(x[n * 3 + target[n]]);
    plain += loss / 4;
    if (target[n] == 1) continue;
    sum += loss * static_cast<double>(weight[target[n]]), weights += static_cast<double>(weight[target[n]]);
  }
  TextModel model(13, R"(g (float[N,3] x) => (float y)
    { y, p = SoftmaxCrossEntropyLoss <ignore_index = 1> (x, t, w) total = SoftmaxCrossEntropyLoss <ignore_index = 1, reduction = "sum"> (x, t, w)
      l = LogSoftmax <axis = 1> (x) mean = NegativeLogLikelihoodLoss (l, t) })");
  model.ints("t", {2, 0, 1, 0}).floats("w", {3}, weight);
  expect_values(model.y(x, 4), {sum / weights});
  expect_values(model.y(x, 4, "total"), {sum});
  expect_values(model.y(x, 4, "mean"), {plain});
}

// S' = exp(g) S + k (b (v - k S))', y = q S', one head of two features at three positions.
TEST(OnnxLinearAttention, TheGatedDeltaRule) {
  constexpr size_t kPositions = 3;
  const auto x = random_values(kPositions * 2, "x"), k = random_values(kPositions * 2, "k"), v = random_values(kPositions * 2, "v"),
             g = random_values(kPositions, "g"), b = random_values(kPositions, "b");
  TextModel model(27, R"(g (float[1,3,2] x) => (float[1,3,2] y)
    { y, state = LinearAttention <q_num_heads = 1, kv_num_heads = 1, scale = 0.5> (x, k, v, , g, b)
      mean = ReduceMean <keepdims = 0> (x)  none = Sub (mean, mean)  kept = Add (state, none) })");
  model.floats("k", {1, 3, 2}, k).floats("v", {1, 3, 2}, v).floats("g", {1, 3, 1}, g).floats("b", {1, 3, 1}, b);
  std::vector<double> wanted;
  double s[2][2] = {};
  for (size_t t = 0; t < kPositions; ++t) {
    const auto at = [&](const std::vector<float>& values, size_t i) { return static_cast<double>(values[t * 2 + i]); };
    for (auto& row : s)
      for (double& value : row) value *= std::exp(static_cast<double>(g[t]));
    double fresh[2];
    for (size_t j = 0; j < 2; ++j) fresh[j] = static_cast<double>(b[t]) * (at(v, j) - at(k, 0) * s[0][j] - at(k, 1) * s[1][j]);
    for (size_t i = 0; i < 2; ++i)
      for (size_t j = 0; j < 2; ++j) s[i][j] += at(k, i) * fresh[j];
    for (size_t j = 0; j < 2; ++j) wanted.push_back(0.5 * (at(x, 0) * s[0][j] + at(x, 1) * s[1][j]));
  }
  expect_values(model.y(x, 0), wanted);
  expect_values(model.y(x, 0, "kept"), {s[0][0], s[0][1], s[1][0], s[1][1]});
}

TEST(OnnxLinearAttention, AConvolutionWithThePositionsBefore) {
  TextModel model(27, "g (float[N,1,3] x) => (float[N,1,3] y) { y, after = CausalConvWithState (x, w, , before) }");
  model.floats("w", {1, 1, 3}, {1, 10, 100}).floats("before", {1, 1, 2}, {7, 8});
  expect_values(model.y({1, 2, 3}, 1), {187, 218, 321});
  expect_values(model.y({1, 2, 3}, 1, "after"), {2, 3});
}

}  // namespace
}  // namespace phosphene::loss_test

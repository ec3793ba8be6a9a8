// Attention in its forms, against the definition written out here for one batch item, head and position at a time.
#include "formats/onnx_text.h"

namespace phosphene::attention_test {
namespace {

using namespace test;

constexpr size_t kBatch = 2, kPositions = 3, kHeads = 2, kFeatures = 2, kWidth = kHeads * kFeatures;

// Rows of [batch, positions, heads * features].
double at(const std::vector<double>& x, size_t n, size_t position, size_t head, size_t feature) {
  return x[(n * kPositions + position) * kWidth + head * kFeatures + feature];
}

// masked(i, j): position j is not seen from i.
std::vector<double> attended(const std::vector<double>& q, const std::vector<double>& k, const std::vector<double>& v, double scale,
                             bool (*masked)(size_t, size_t)) {
  std::vector<double> y(q.size(), 0);
  for (size_t n = 0; n < kBatch; ++n)
    for (size_t head = 0; head < kHeads; ++head)
      for (size_t i = 0; i < kPositions; ++i) {
        double weights[kPositions], sum = 0;
        for (size_t j = 0; j < kPositions; ++j) {
          double score = 0;
          for (size_t f = 0; f < kFeatures; ++f) score += at(q, n, i, head, f) * at(k, n, j, head, f);
          sum += weights[j] = masked(i, j) ? 0 : std::exp(score * scale);
        }
        for (size_t j = 0; j < kPositions; ++j)
          for (size_t f = 0; f < kFeatures; ++f)
            y[(n * kPositions + i) * kWidth + head * kFeatures + f] += weights[j] / sum * at(v, n, j, head, f);
      }
  return y;
}

bool nothing(size_t, size_t) { return false; }
bool later(size_t i, size_t j) { return j > i; }
bool second(size_t, size_t j) { return j == 1; }

std::vector<double> times(const std::vector<float>& x, const std::vector<float>& w, size_t columns, size_t first) {
  std::vector<double> y;
  for (size_t row = 0; row < kBatch * kPositions; ++row)
    for (size_t column = 0; column < kWidth; ++column) {
      double sum = 0;
      for (size_t i = 0; i < kWidth; ++i) sum += static_cast<double>(x[row * kWidth + i]) * w[i * columns + first + column];
      y.push_back(sum);
    }
  return y;
}

const std::vector<float> kX = random_values(kBatch * kPositions * kWidth, "attention"), kW = random_values(kWidth * 3 * kWidth, "weights");
const std::vector<double> kQ = times(kX, kW, 12, 0), kK = times(kX, kW, 12, 4), kV = times(kX, kW, 12, 8);
const double kUsual = 1 / std::sqrt(2.0);

TextModel network(int opset, const std::string& nodes) {
  TextModel model(opset,
                  "g (float[N,3,4] x) => (float[N,3,4] y) { all = MatMul (x, w)  q, k, v = Split <axis = 2> (all, parts) " + nodes + "}");
  model.floats("w", {4, 12}, kW).ints("parts", {4, 4, 4}).ints("four", {0, 0, 2, 2}).ints("three", {0, 0, 4});
  model.floats("bias", {3, 3}, {0, -1e9f, 0, 0, -1e9f, 0, 0, -1e9f, 0});
  model.weight("short", Tensor(Shape{1}, std::vector<int64_t>{1}, DataType::kBool));
  model.weight("some", Tensor(Shape{3, 3}, std::vector<int64_t>{0, 1, 1, 0, 0, 0, 1, 0, 1}, DataType::kBool));
  model.weight("seen", Tensor(Shape{1, 3}, std::vector<int64_t>{1, 0, 1}, DataType::kBool));
  return model;
}

TEST(OnnxAttention, HeadsSideBySide) {
  const std::string heads = "q_num_heads = 2, kv_num_heads = 2";
  expect_values(network(23, "y = Attention <" + heads + "> (q, k, v)").y(kX, 2), attended(kQ, kK, kV, kUsual, nothing));
  expect_values(network(23, "y = Attention <" + heads + ", scale = 0.25> (q, k, v)").y(kX, 2), attended(kQ, kK, kV, 0.25, nothing));
  expect_values(network(23, "y = Attention <" + heads + ", is_causal = 1> (q, k, v)").y(kX, 2), attended(kQ, kK, kV, kUsual, later));
  expect_values(network(23, "y = Attention <" + heads + "> (q, k, v, bias)").y(kX, 2), attended(kQ, kK, kV, kUsual, second));
  expect_values(network(23, "y = Attention <" + heads + "> (q, k, v, seen)").y(kX, 2), attended(kQ, kK, kV, kUsual, second));
}

// "some" shows nothing to the second position, and to the first only what comes later.
TEST(OnnxAttention, WhatSeesNothingIsZero) {
  const std::string heads = "q_num_heads = 2, kv_num_heads = 2";
  const auto hidden = [](size_t i, size_t j) { return i == 1 || (i == 0 && j == 0) || (i == 2 && j == 1); };
  const auto zero = [](std::vector<double> y, std::initializer_list<size_t> positions) {
    for (size_t n = 0; n < kBatch; ++n)
      for (const size_t i : positions) std::fill_n(y.begin() + static_cast<std::ptrdiff_t>((n * kPositions + i) * kWidth), kWidth, 0.0);
    return y;
  };
  const auto wanted = attended(kQ, kK, kV, kUsual, hidden);
  expect_values(network(23, "y = Attention <" + heads + "> (q, k, v, some)").y(kX, 2), zero(wanted, {1}));
  expect_values(network(23, "y = Attention <" + heads + ", is_causal = 1> (q, k, v, some)").y(kX, 2), zero(wanted, {0, 1}));
}

TEST(OnnxAttention, HeadsOnAnAxis) {
  std::string nodes;
  for (const char* part : {"q", "k", "v"})
    nodes += fmt::format("{0}r = Reshape ({0}, four) {0}4 = Transpose <perm = [0, 2, 1, 3]> ({0}r) ", part);
  nodes += "a = Attention (q4, k4, v4) t = Transpose <perm = [0, 2, 1, 3]> (a) y = Reshape (t, three)";
  expect_values(network(23, nodes).y(kX, 2), attended(kQ, kK, kV, kUsual, nothing));
}

TEST(OnnxAttention, FewerHeadsOfKeysAreRepeated) {
  const auto once = [](const std::vector<double>& all) {  // the first head twice
    std::vector<double> result = all;
    for (size_t i = 0; i < result.size(); ++i) result[i] = all[i - i % 4 + i % 2];
    return result;
  };
  TextModel model = network(
      23, "k1 = Slice (k, from, to, axis) v1 = Slice (v, from, to, axis) y = Attention <q_num_heads = 2, kv_num_heads = 1> (q, k1, v1)");
  model.ints("from", {0}).ints("to", {2}).ints("axis", {2});
  expect_values(model.y(kX, 2), attended(kQ, once(kK), once(kV), kUsual, nothing));
}

TEST(OnnxAttention, FromOneProduct) {
  TextModel model(17, "g (float[N,3,4] x) => (float[N,3,4] y) { y = com.microsoft.Attention <num_heads = 2> (x, w, b) }");
  model.floats("w", {4, 12}, kW).floats("b", {12}, std::vector<float>(12, 0.25f));
  const auto shifted = [](std::vector<double> values) {
    for (double& value : values) value += 0.25;
    return values;
  };
  expect_values(model.y(kX, 2), attended(shifted(kQ), shifted(kK), shifted(kV), kUsual, nothing));
  expect_values(network(17, "y = com.microsoft.MultiHeadAttention <num_heads = 2> (q, k, v)").y(kX, 2),
                attended(kQ, kK, kV, kUsual, nothing));
}

TEST(OnnxAttention, RotaryEmbeddingTurnsPairs) {
  // One head of four features at three positions; angles of position p: p and p / 2.
  std::vector<float> cosine, sine;
  for (const double p : {0., 1., 2.})
    for (const double speed : {1., 0.5})
      cosine.push_back(static_cast<float>(std::cos(p * speed))), sine.push_back(static_cast<float>(std::sin(p * speed)));
  for (const bool interleaved : {false, true}) {
    TextModel model(
        23, fmt::format("g (float[N,3,4] x) => (float[N,3,4] y) {{ y = RotaryEmbedding <num_heads = 1, interleaved = {}> (x, c, s) }}",
                        interleaved ? 1 : 0));
    model.floats("c", {1, 3, 2}, cosine).floats("s", {1, 3, 2}, sine);
    std::vector<double> wanted(kX.size());
    for (size_t row = 0; row < 6; ++row)
      for (size_t pair = 0; pair < 2; ++pair) {
        const size_t a = row * 4 + (interleaved ? 2 * pair : pair), b = interleaved ? a + 1 : a + 2;
        const double angle = static_cast<double>(row % 3) * (pair ? 0.5 : 1);
        wanted[a] = kX[a] * std::cos(angle) - kX[b] * std::sin(angle);
        wanted[b] = kX[b] * std::cos(angle) + kX[a] * std::sin(angle);
      }
    expect_values(model.y(kX, 2), wanted);
  }
}

TEST(OnnxAttention, KeysBehindTheEndOfAMaskAreHidden) {
  const std::string heads = "q_num_heads = 2, kv_num_heads = 2";
  const auto not_first = [](size_t, size_t j) { return j > 0; };
  expect_values(network(23, "y = Attention <" + heads + "> (q, k, v, short)").y(kX, 2), attended(kQ, kK, kV, kUsual, not_first));
}

TEST(OnnxAttention, WindowsLeaveKeysThatAreNear) {
  const std::string node = "y = Attention <q_num_heads = 2, kv_num_heads = 2, left_window_size = {}, right_window_size = {}> (q, k, v)";
  const auto before = [](size_t i, size_t j) { return j > i || j + 1 < i; };
  const auto beside = [](size_t i, size_t j) { return j > i + 1 || j < i; };
  expect_values(network(25, fmt::format(fmt::runtime(node), 1, 0)).y(kX, 2), attended(kQ, kK, kV, kUsual, before));
  expect_values(network(25, fmt::format(fmt::runtime(node), 0, 1)).y(kX, 2), attended(kQ, kK, kV, kUsual, beside));
}

// The same keys, some of them in a cache: the last two queries of a causal attention to all.
TEST(OnnxAttention, EarlierPositionsComeFirst) {
  TextModel model = network(
      23,
      R"(q4 = Reshape (q, four) qt = Transpose <perm = [0, 2, 1, 3]> (q4) k4 = Reshape (k, four) kt = Transpose <perm = [0, 2, 1, 3]> (k4)
             v4 = Reshape (v, four) vt = Transpose <perm = [0, 2, 1, 3]> (v4) past_k, new_k = Split <axis = 2> (kt, sizes)
             past_v, new_v = Split <axis = 2> (vt, sizes) first, last = Split <axis = 2> (qt, sizes)
             a = Attention <is_causal = 1> (first, past_k, past_v)
             b, all_k = Attention <is_causal = 1> (last, new_k, new_v, , past_k, past_v)
             ab = Concat <axis = 2> (a, b) t = Transpose <perm = [0, 2, 1, 3]> (ab) y = Reshape (t, three)
             kk = Transpose <perm = [0, 2, 1, 3]> (all_k) yk = Reshape (kk, three))");
  model.ints("sizes", {1, 2});
  expect_values(model.y(kX, 2), attended(kQ, kK, kV, kUsual, later));
  expect_values(model.y(kX, 2, "yk"), kK);
}

// Two of the three keys are there.
TEST(OnnxAttention, PaddingBehindTheKeysIsHidden) {
  TextModel model = network(24, "y = Attention <q_num_heads = 2, kv_num_heads = 2> (q, k, v, , , , filled)");
  model.ints("filled", {2, 2});
  const auto third = [](size_t, size_t j) { return j == 2; };
  expect_values(model.y(kX, 2), attended(kQ, kK, kV, kUsual, third));
  TextModel causal = network(24, "y = Attention <q_num_heads = 2, kv_num_heads = 2, is_causal = 1> (q, k, v, , , , filled)");
  causal.ints("filled", {3, 3});
  expect_values(causal.y(kX, 2), attended(kQ, kK, kV, kUsual, later));
}

TEST(OnnxAttention, ScoresAreAnOutput) {
  const std::string node =
      "y, , , s = Attention <q_num_heads = 2, kv_num_heads = 2, softcap = 0.5, is_causal = 1, qk_matmul_output_mode = ";
  const auto scores = [&](int mode) { return network(24, node + fmt::format("{}> (q, k, v)", mode)).y(kX, 2, "s"); };
  std::vector<double> raw, capped, masked, shares;
  for (size_t n = 0; n < kBatch; ++n)
    for (size_t head = 0; head < kHeads; ++head)
      for (size_t i = 0; i < kPositions; ++i) {
        double sum = 0;
        for (size_t j = 0; j < kPositions; ++j) {
          double score = 0;
          for (size_t f = 0; f < kFeatures; ++f) score += at(kQ, n, i, head, f) * at(kK, n, j, head, f) * kUsual;
          raw.push_back(score), capped.push_back(0.5 * std::tanh(score / 0.5));
          masked.push_back(j > i ? -INFINITY : capped.back()), shares.push_back(std::exp(masked.back()));
          sum += shares.back();
        }
        for (size_t j = 0; j < kPositions; ++j) shares[shares.size() - 1 - j] /= sum;
      }
  expect_values(scores(0), raw);
  expect_values(scores(1), capped);
  expect_values(scores(3), shares);
  const std::vector<float> found = scores(2);
  ASSERT_EQ(found.size(), masked.size());
  for (size_t i = 0; i < found.size(); ++i)
    if (std::isinf(masked[i]))
      EXPECT_EQ(found[i], masked[i]);
    else
      EXPECT_NEAR(found[i], masked[i], 1e-5);
}

// What ONNX Runtime adds to the scores of a hidden key.
TEST(OnnxAttention, KeysThatTheRuntimeMasks) {
  TextModel model = network(17, "y = com.microsoft.MultiHeadAttention <num_heads = 2> (q, k, v, , keys)");
  model.narrow("keys", {2, 3}, {1, 0, 1, 1, 0, 1}, onnx::TensorProto::INT32);
  expect_values(model.y(kX, 2), attended(kQ, kK, kV, kUsual, second));
}

TEST(OnnxAttention, UnknownAttributesAndCachesOfTheRuntimeAreRefused) {
  const auto refusal = [](const std::string& node) {
    const Graph graph = network(23, "z = Relu (q) " + node).graph();
    const OpaqueNode* y = graph.find_opaque("y");
    return y ? y->cause : "no error";
  };
  EXPECT_NE(refusal("y = com.microsoft.MultiHeadAttention <num_heads = 2, rotary = 1> (q, k, v)").find("attribute rotary is not supported"),
            std::string::npos);
  EXPECT_NE(refusal("y = com.microsoft.MultiHeadAttention <num_heads = 2> (q, k, v, , , , q, q)").find("a cache of earlier positions"),
            std::string::npos);
}

}  // namespace
}  // namespace phosphene::attention_test

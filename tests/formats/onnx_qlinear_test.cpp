// Quantised files in their three forms, against the formulas of the specification: q(x) = clamp(round(x / s) + z) to the range of the type
// of the zero point.
#include "formats/onnx_text.h"

namespace phosphene::quantised_test {
namespace {

using namespace test;

constexpr auto kInt8 = onnx::TensorProto::INT8, kUint8 = onnx::TensorProto::UINT8, kInt16 = onnx::TensorProto::INT16,
               kUint16 = onnx::TensorProto::UINT16;

double quantised(double x, float scale, double zero, double low, double high) {
  return std::clamp(std::nearbyint(static_cast<float>(x) / scale) + zero, low, high);
}

TEST(OnnxQuantised, TheRangeIsThatOfTheZeroPoint) {
  struct Range {
    onnx::TensorProto::DataType type;
    int zero;
    double low, high;
  };
  const std::vector<float> x = {-5000, -20, -1, -0.26f, 0, 0.24f, 1, 20, 5000};
  for (const Range& range : {Range{kInt8, 5, -128, 127}, {kUint8, 100, 0, 255}, {kInt16, -7, -32768, 32767}, {kUint16, 9, 0, 65535}})
    for (const int opset : {13, 19}) {
      TextModel model(opset, "g (float[N] x) => (float[N] y) { q = QuantizeLinear (x, s, z) y = DequantizeLinear (q, s, z) }");
      model.floats("s", {}, {0.1f}).narrow("z", {}, {range.zero}, range.type);
      std::vector<double> wanted;
      for (const float value : x) wanted.push_back((quantised(value, 0.1f, range.zero, range.low, range.high) - range.zero) * 0.1f);
      expect_values(model.y(x, 9), wanted);
    }
}

TEST(OnnxQuantised, OneScaleAChannel) {
  TextModel model(
      13, "g (float[N,2] x) => (float[N,2] y) { q = QuantizeLinear <axis = 1> (x, s, z) y = DequantizeLinear <axis = 1> (q, s, z) }");
  model.floats("s", {2}, {0.1f, 1}).narrow("z", {2}, {0, 10}, kInt8);
  expect_values(model.y({-100, -100, 100, 500}, 2), {-12.8, -100, 12.7, 117});
}

// Weights of two outputs over [2 channels, 1, 2] in int8, times 0.02 and 0.05, and a bias in int32.
const std::vector<int> kWeights = {10, -20, 30, 40, -50, 60, 7, -8};
const std::vector<float> kX = {0.1f, 0.9f, 0.4f, 0.6f, 0.95f, 0.05f, 0.7f, 0.2f};
const std::vector<float> kScales = {0.02f, 0.05f};

std::vector<double> convolved(float x_scale, double x_zero, bool with_bias) {
  std::vector<double> y;
  for (size_t n = 0; n < 2; ++n)
    for (size_t o = 0; o < 2; ++o) {
      double sum = with_bias ? (o == 0 ? 300 : -400) * static_cast<double>(x_scale) * kScales[o] : 0;
      for (size_t i = 0; i < 4; ++i)
        sum += (quantised(kX[4 * n + i], x_scale, x_zero, 0, 255) - x_zero) * x_scale * kWeights[4 * o + i] * kScales[o];
      y.push_back(sum);
    }
  return y;
}

TextModel network(int opset, const std::string& nodes) {
  TextModel model(opset, "g (float[N,2,1,2] x) => (float[N,2] y) {" + nodes + "}");
  model.floats("xs", {}, {1 / 255.0f}).narrow("xz", {}, {0}, kUint8).floats("ys", {}, {0.03f}).narrow("yz", {}, {-10}, kInt8);
  model.narrow("w", {2, 2, 1, 2}, kWeights, kInt8).floats("ws", {2}, kScales).narrow("wz", {2}, {0, 0}, kInt8);
  model.narrow("b", {2}, {300, -400}, onnx::TensorProto::INT32).narrow("f", {2, 2}, {5, -6, 7, 80}, kInt8);
  model.floats("fs", {}, {0.1f}).narrow("fz", {}, {3}, kInt8).floats("zs", {}, {0.2f}).narrow("zz", {}, {50}, kUint8);
  return model;
}

TEST(OnnxQuantised, ConvolutionAndProductOnIntegers) {
  const std::string conv = "xq = QuantizeLinear (x, xs, xz) cq = QLinearConv (xq, xs, xz, w, ws, wz, ys, yz, b) ";
  std::vector<double> c = convolved(1 / 255.0f, 0, true), z;
  for (double& value : c) value = (quantised(value, 0.03f, -10, -128, 127) + 10) * 0.03f;
  expect_values(network(13, conv + "c = DequantizeLinear (cq, ys, yz) y = Flatten (c)").y(kX, 2), c);
  for (size_t n = 0; n < 4; n += 2)
    for (size_t o = 0; o < 2; ++o) {
      const double sum = (c[n] * (o == 0 ? 5 - 3 : -6 - 3) + c[n + 1] * (o == 0 ? 7 - 3 : 80 - 3)) * 0.1f;
      z.push_back((quantised(sum, 0.2f, 50, 0, 255) - 50) * 0.2f);
    }
  expect_values(
      network(13, conv + "e = Flatten (cq) zq = QLinearMatMul (e, ys, yz, f, fs, fz, zs, zz) y = DequantizeLinear (zq, zs, zz)").y(kX, 2),
      z);
}

TEST(OnnxQuantised, DynamicScalesComeFromTheWholeInput) {
  // Least 0 (below 0.05) and largest 0.95.
  const float scale = 0.95f / 255;
  std::vector<double> wanted = convolved(scale, 0, false);
  for (size_t i = 0; i < 4; ++i) wanted[i] = wanted[i] / kScales[i % 2] * 0.5;
  const std::string nodes =
      "xq, s, z = DynamicQuantizeLinear (x) ci = ConvInteger (xq, w, z) cf = Cast <to = 1> (ci) a = Mul (cf, s) b2 = Mul (a, half) y = "
      "Flatten (b2)";
  TextModel model = network(13, nodes);
  expect_values(model.floats("half", {}, {0.5f}).y(kX, 2), wanted);
}

// Borders are padded with what stands for 0, and every output channel has its own zero point, constant or computed.
TEST(OnnxQuantised, ConvolutionOnIntegersWithBordersAndZeroPoints) {
  for (const char* zeros : {"wz", "computed"}) {
    TextModel model(13, fmt::format("g (float[N,1,1,2] x) => (float[N,24] y) {{ q = QuantizeLinear (x, s, z) computed = Max (wz, wz) "
                                    "c = ConvInteger <pads = [1, 1, 1, 1]> (q, w, z, {}) f = Cast <to = 1> (c) y = Flatten (f) }}",
                                    zeros));
    model.floats("s", {}, {1}).narrow("z", {}, {3}, kUint8).narrow("w", {2, 1, 1, 1}, {4, 4}, kUint8).narrow("wz", {2}, {1, 6}, kUint8);
    // x is 5, -2 around zeros, 3 by 4; w is 3, -2.
    std::vector<double> wanted(24, 0);
    wanted[5] = 15, wanted[6] = -6, wanted[17] = -10, wanted[18] = 4;
    expect_values(model.y({5, -2}, 1), wanted);
  }
}

TEST(OnnxQuantised, BitsShiftedOutOfAnUnsignedTypeAreLost) {
  const auto shifted = [](onnx::TensorProto::DataType type, const char* direction) {
    TextModel model(17, fmt::format("g (float[N,3] x) => (float[N,3] y) {{ z = Relu (x) s = BitShift <direction = \"{}\"> (a, b) "
                                    "f = Cast <to = 1> (s) y = Add (x, f) }}",
                                    direction));
    return model.narrow("a", {3}, {200, 3, 1}, type).narrow("b", {3}, {1, 2, 7}, type);
  };
  expect_values(shifted(kUint8, "LEFT").y({0, 0, 0}, 1), {144, 12, 128});
  expect_values(shifted(kUint16, "LEFT").y({0, 0, 0}, 1), {400, 12, 128});
  expect_values(shifted(kUint8, "RIGHT").y({0, 0, 0}, 1), {100, 0, 0});
  const Graph graph = shifted(kInt16, "RIGHT").graph();
  ASSERT_NE(graph.find_opaque("s"), nullptr);
  EXPECT_NE(graph.find_opaque("s")->cause.find("unsigned integers of 8, 16 or 32 bits"), std::string::npos);
}

TEST(OnnxQuantised, RemaindersByInfinityHaveTheDivisorsSign) {
  TextModel model(13, "g (float[N,4] x) => (float[N,4] y) { y = Mod (x, d) }");
  model.floats("d", {4}, {INFINITY, INFINITY, -INFINITY, -2});
  EXPECT_EQ(model.y({-1, 1, -1, 3}, 1), (std::vector<float>{INFINITY, 1, -1, -1}));
}

TEST(OnnxQuantised, RuntimesOperators) {
  // q(a) + q(a) with zero points that differ, then the sigmoid.
  const std::string nodes =
      "q = QuantizeLinear (x, xs, xz) s = com.microsoft.QLinearAdd (q, xs, xz, q, xs, xz, ys, yz) "
      "g = com.microsoft.QLinearSigmoid (s, ys, yz, xs, xz) d = DequantizeLinear (g, xs, xz) e = Flatten (d) "
      "y = Identity (e)";
  TextModel model(13, "g (float[N,2,1,2] x) => (float[N,4] y) {" + nodes + "}");
  model.floats("xs", {}, {1 / 255.0f}).narrow("xz", {}, {0}, kUint8).floats("ys", {}, {0.03f}).narrow("yz", {}, {-10}, kInt8);
  std::vector<double> wanted;
  for (const float value : kX) {
    const double a = quantised(value, 1 / 255.0f, 0, 0, 255) / 255, sum = (quantised(2 * a, 0.03f, -10, -128, 127) + 10) * 0.03f;
    wanted.push_back(quantised(1 / (1 + std::exp(-sum)), 1 / 255.0f, 0, 0, 255) / 255);
  }
  expect_values(model.y(kX, 2), wanted, 1e-5);
}

// A picture of bytes is one of floats with the same numbers.
TEST(OnnxQuantised, PicturesOfBytes) {
  TextModel model(13, "g (uint8[N,3,2,2] x) => (float[N,3,2,2] y) { f = Cast <to = 1> (x) s = Sub (f, m) y = Div (s, d) }");
  model.floats("m", {3, 1, 1}, {1, 2, 3}).floats("d", {3, 1, 1}, {2, 4, 8});
  EXPECT_EQ(model.file().byte_inputs, std::set<std::string>{"x"});
  EXPECT_EQ(model.graph().inputs[0].type.type, DataType::kFloat32);
  const std::vector<float> x = {0, 255, 7, 9, 1, 2, 3, 4, 5, 6, 8, 10};
  std::vector<double> wanted;
  for (size_t i = 0; i < 12; ++i) wanted.push_back((x[i] - static_cast<double>(i / 4 + 1)) / (2 << (i / 4)));
  expect_values(model.y(x, 1), wanted);
}

}  // namespace
}  // namespace phosphene::quantised_test

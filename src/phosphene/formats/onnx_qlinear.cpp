// Operators on integers, as the floats that they stand for. A value that a file holds as uint8 or int8 is a float with a whole number here.
//
//     QLinearConv ...         dequantise every input, the plain operator, quantise: y = Q(op(D(x), D(w)))
//     ConvInteger ...         the plain operator on x - zero point
//     DynamicQuantizeLinear   scale and zero point from the least and the largest value of the whole input, 0 included
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/formats/onnx_quantized.h"

namespace phosphene {

namespace {

// The floats that input `at` stands for, with its scale and zero point behind it. `axis`: of one scale a channel.
std::string dequantized(Compound& c, size_t at, int64_t axis = 1) {
  const std::string &x = c.in(at), &scale = c.in(at + 1), zero = c.has(at + 2) ? c.in(at + 2) : "";
  std::vector<std::string> inputs = {x, scale};
  if (!zero.empty()) inputs.push_back(zero);
  Node node{"", "DequantizeLinear", inputs, {""}, {{"axis", axis}}};
  const TensorPtr weight = c.constant(x), scales = c.constant(scale), zeros = zero.empty() ? nullptr : c.constant(zero);
  if (weight && scales && weight->type() == DataType::kInt64) return c.weight(dequantized_weight(node, *weight, *scales, zeros.get()));
  return c.add("DequantizeLinear", inputs, node.attributes);
}

// Output 0 from what it stands for, with the scale and the zero point at inputs `at` and `at` + 1.
void quantize(Compound& c, const std::string& y, size_t at) {
  std::vector<std::string> inputs = {y, c.in(at)};
  Attributes attributes;
  if (c.has(at + 1)) {
    inputs.push_back(c.in(at + 1));
    if (const int type = c.element_type(c.in(at + 1))) attributes.set("output_dtype", int64_t{type});
  }
  c.result(0, "QuantizeLinear", inputs, attributes);
}

// An int32 bias has the scale of x times that of w.
std::string bias(Compound& c, size_t at, const std::string& x_scale, const std::string& w_scale) {
  const TensorPtr b = c.constant(at), xs = c.constant(x_scale), ws = c.constant(w_scale);
  if (!b || !xs || !ws || b->type() != DataType::kInt64 || xs->size() != 1 || (ws->size() != 1 && ws->size() != b->size()))
    throw Error("the bias or a scale is not constant", "export the model again");
  std::vector<float> values;
  for (int64_t i = 0; i < b->size(); ++i)
    values.push_back(static_cast<float>(b->ints()[static_cast<size_t>(i)]) * xs->floats()[0] *
                     ws->floats()[ws->size() == 1 ? 0 : static_cast<size_t>(i)]);
  return c.weight(Tensor(b->shape(), values));
}

void qlinear_conv(Compound& c) {
  std::vector<std::string> inputs = {dequantized(c, 0), dequantized(c, 3, 0)};
  if (c.has(8)) inputs.push_back(bias(c, 8, c.in(1), c.in(4)));
  quantize(c, c.add("Conv", inputs, c.attributes()), 6);
}

void qlinear_matmul(Compound& c) {
  const int64_t last = std::max(c.shape(c.in(3)).rank() - 1, 0);
  quantize(c, c.add("MatMul", {dequantized(c, 0), dequantized(c, 3, last)}), 6);
}

void qgemm(Compound& c) {
  Attributes attributes = c.attributes();
  std::vector<std::string> inputs = {dequantized(c, 0), dequantized(c, 3, attributes.get_int("transB", 0) ? 0 : 1)};
  if (c.has(6)) inputs.push_back(bias(c, 6, c.in(1), c.in(4)));
  const std::string y = c.add("Gemm", inputs, attributes);
  if (c.has(7)) return quantize(c, y, 7);
  c.result(0, "Identity", {y});
}

void qlinear_binary(Compound& c, const char* op) { quantize(c, c.add(op, {dequantized(c, 0), dequantized(c, 3)}), 6); }

void qlinear_unary(Compound& c, const char* op) {
  Attributes attributes = c.attributes();
  attributes.erase("opset");
  if (attributes.get_int("channels_last", 0)) throw Error("channels_last is not supported", "export the network with other operators");
  attributes.erase("channels_last");
  quantize(c, c.add(op, {dequantized(c, 0)}, attributes), 3);
}

void qlinear_concat(Compound& c) {
  std::vector<std::string> parts;
  for (size_t at = 2; at < c.node.inputs.size(); at += 3) parts.push_back(dequantized(c, at));
  quantize(c, c.add("Concat", parts, c.attributes()), 0);
}

// x - zero point; the zero point is 0 when it is absent.
std::string centred(Compound& c, size_t x, size_t zero, int64_t axis) {
  const std::string values = c.floats(c.in(x));
  if (!c.has(zero)) return values;
  const TensorPtr points = c.constant(zero);
  if (points && points->type() == DataType::kInt64 && std::ranges::all_of(points->ints(), [](int64_t z) { return z == 0; })) return values;
  std::string z = c.floats(c.in(zero));
  const Shape &shape = c.shape(values), &of_z = c.shape(c.in(zero));
  if (of_z.rank() == 1 && of_z[0] != 1) {  // one an index of the axis; those with more axes are broadcast as they are
    std::vector<int64_t> along(static_cast<size_t>(shape.rank()), 1);
    along[static_cast<size_t>(axis)] = -1;
    z = c.add("Reshape", {z, c.ints(along)});
  }
  return c.add("Sub", {values, z});
}

void conv_integer(Compound& c) { c.result(0, "Conv", {centred(c, 0, 2, 1), centred(c, 1, 3, 0)}, c.attributes()); }

void matmul_integer(Compound& c) {
  const int64_t row = std::max(c.shape(c.in(0)).rank() - 2, 0), column = std::max(c.shape(c.in(1)).rank() - 1, 0);
  c.result(0, "MatMul", {centred(c, 0, 2, row), centred(c, 1, 3, column)});
}

// ~x is -1 - x, of unsigned numbers the largest less x.
void bitwise_not(Compound& c) {
  int64_t largest = -1;
  switch (c.element_type(c.in(0))) {
    case 2: largest = 0xff; break;         // uint8
    case 4: largest = 0xffff; break;       // uint16
    case 12: largest = 0xffffffff; break;  // uint32
    case 3:
    case 5:
    case 6:
    case 7: break;  // int8 to int64
    default: throw Error("bits of values whose type in the file is not known", "export the network with other operators");
  }
  c.result(0, "Sub", {c.weight(Tensor(Shape{}, std::vector<int64_t>{largest})), c.in(0)});
}

struct DynamicScale {
  std::string scale, zero;
};

DynamicScale dynamic_scale(Compound& c, const std::string& x) {
  const Attributes all = {{"keepdims", int64_t{0}}};
  const std::string none = c.scalar(0), low = c.add("Min", {c.add("ReduceMin", {x}, all), none}),
                    high = c.add("Max", {c.add("ReduceMax", {x}, all), none});
  const std::string scale = c.add("Div", {c.add("Sub", {high, low}), c.scalar(255)});
  const std::string zero = c.add("Round", {c.add("Clip", {c.add("Div", {c.add("Neg", {low}), scale}), none, c.scalar(255)})});
  return {scale, zero};
}

void dynamic_quantize_linear(Compound& c) {
  const auto [scale, zero] = dynamic_scale(c, c.in(0));
  c.result(0, "QuantizeLinear", {c.in(0), scale, zero});
  c.result(1, "Identity", {scale});
  c.result(2, "Identity", {zero});
}

}  // namespace

std::vector<CompoundOp> quantized_compounds() {
  return {
      {"", "QLinearConv", qlinear_conv},
      {"", "QLinearMatMul", qlinear_matmul},
      {"", "ConvInteger", conv_integer},
      {"", "MatMulInteger", matmul_integer},
      {"", "DynamicQuantizeLinear", dynamic_quantize_linear},
      {"", "BitwiseNot", bitwise_not},
      {"com.microsoft", "QGemm", qgemm},
      {"com.microsoft", "QLinearAdd", [](Compound& c) { qlinear_binary(c, "Add"); }},
      {"com.microsoft", "QLinearMul", [](Compound& c) { qlinear_binary(c, "Mul"); }},
      {"com.microsoft", "QLinearSigmoid", [](Compound& c) { qlinear_unary(c, "Sigmoid"); }},
      {"com.microsoft", "QLinearLeakyRelu", [](Compound& c) { qlinear_unary(c, "LeakyRelu"); }},
      {"com.microsoft", "QLinearGlobalAveragePool", [](Compound& c) { qlinear_unary(c, "GlobalAveragePool"); }},
      {"com.microsoft", "QLinearAveragePool", [](Compound& c) { qlinear_unary(c, "AveragePool"); }},
      {"com.microsoft", "QLinearSoftmax", [](Compound& c) { qlinear_unary(c, "Softmax"); }},
      {"com.microsoft", "QLinearReduceMean", [](Compound& c) { qlinear_unary(c, "ReduceMean"); }},
      {"com.microsoft", "QLinearConcat", qlinear_concat},
  };
}

}  // namespace phosphene

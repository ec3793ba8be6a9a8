// Quantisation, kept in floating point: the quantised value is a whole number, and gradients pass straight through (Bengio, Leonard,
// Courville 2013, arXiv 1308.3432) where the rounding does not saturate.
//
//     QuantizeLinear    y = clamp(round(x / s) + z, low, high), halves to even; s and z one number, one along `axis`, or one for every
//                       block of block_size along it
//     DequantizeLinear  y = (x - z) s
//     The range is that of output_dtype (ONNX type number): 2 uint8, 3 int8, 4 uint16, 5 int16, 21 uint4, 22 int4, 25 uint2, 26 int2; uint8
//     when the file does not say. For narrow floats (graph/narrow_float.h) y is the nearest of them to x / s.
#include "phosphene/graph/kernels/families.h"
#include "phosphene/graph/narrow_float.h"

namespace phosphene::kernels {

namespace {

// For every element of x its place in s and z.
std::vector<int64_t> places(const Node& node, const Array& x, const Array& scale) {
  if (scale.values.size() == 1) return std::vector<int64_t>(x.values.size(), 0);
  const AxisView view(x.shape, node.attributes.get_int("axis", 1));
  const int64_t block = node.attributes.get_int("block_size", 0), blocks = block > 0 ? (view.extent + block - 1) / block : 0;
  std::vector<int64_t> map(x.values.size());
  for (size_t i = 0; i < map.size(); ++i) {
    const int64_t line = static_cast<int64_t>(i) / view.inner, along = line % view.extent;
    map[i] = block > 0 ? (line / view.extent * blocks + along / block) * view.inner + static_cast<int64_t>(i) % view.inner : along;
  }
  return map;
}

double zero_point(const ConstArrays& inputs, int64_t place) {
  const Array* z = at(inputs, 2);
  return z ? z->values[z->values.size() == 1 ? 0 : static_cast<size_t>(place)] : 0;
}

struct Bounds {
  double low, high;
};
Bounds bounds_of(const Node& node) {
  switch (node.attributes.get_int("output_dtype", 2)) {
    case 3: return {-128, 127};
    case 4: return {0, 65535};
    case 5: return {-32768, 32767};
    case 17: return {-448, 448};
    case 18: return {-240, 240};
    case 19:
    case 20: return {-57344, 57344};
    case 21: return {0, 15};
    case 22: return {-8, 7};
    case 23: return {-6, 6};
    case 25: return {0, 3};
    case 26: return {-2, 1};
    default: return {0, 255};
  }
}

void quantize_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto map = places(node, *inputs[0], *inputs[1]);
  const Bounds bounds = bounds_of(node);
  const int64_t type = node.attributes.get_int("output_dtype", 2);
  const bool narrow = is_narrow_float(type), saturate = node.attributes.get_int("saturate", 1) != 0;
  for (size_t i = 0; i < map.size(); ++i) {
    // The quotient is rounded to float32 first, as the specification has it: halves depend on it.
    const float quotient = static_cast<float>(inputs[0]->values[i]) / static_cast<float>(inputs[1]->values[static_cast<size_t>(map[i])]);
    if (narrow) {
      outputs[0]->values[i] = round_to_narrow_float(type, quotient, saturate);
      continue;
    }
    const double whole = std::nearbyint(quotient);
    outputs[0]->values[i] = std::clamp(whole + zero_point(inputs, map[i]), bounds.low, bounds.high);
  }
}

void quantize_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                       const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto map = places(node, *inputs[0], *inputs[1]);
  const Bounds bounds = bounds_of(node);
  for (size_t i = 0; i < map.size(); ++i) {
    const double scale = inputs[1]->values[static_cast<size_t>(map[i])];
    const double y = inputs[0]->values[i] / scale + zero_point(inputs, map[i]);
    if (y >= bounds.low && y <= bounds.high) grad_inputs[0]->values[i] += grad_outputs[0]->values[i] / scale;
  }
}

void dequantize_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto map = places(node, *inputs[0], *inputs[1]);
  for (size_t i = 0; i < map.size(); ++i)
    outputs[0]->values[i] = (inputs[0]->values[i] - zero_point(inputs, map[i])) * inputs[1]->values[static_cast<size_t>(map[i])];
}

void dequantize_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                         const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto map = places(node, *inputs[0], *inputs[1]);
  for (size_t i = 0; i < map.size(); ++i)
    grad_inputs[0]->values[i] += grad_outputs[0]->values[i] * inputs[1]->values[static_cast<size_t>(map[i])];
}

}  // namespace

std::vector<Kernel> quantize_kernels() {
  return {
      {"QuantizeLinear", quantize_forward, quantize_backward},
      {"DequantizeLinear", dequantize_forward, dequantize_backward},
  };
}

}  // namespace phosphene::kernels

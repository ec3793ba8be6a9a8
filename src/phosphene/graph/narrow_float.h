// Floating point numbers of 4 and 8 bits, by ONNX's numbers of their types: 17 float8e4m3fn, 18 float8e4m3fnuz, 19 float8e5m2,
// 20 float8e5m2fnuz, 23 float4e2m1, 24 float8e8m0. (Micikevicius et al. 2022, "FP8 formats for deep learning", arXiv 2209.05433; Noune et
// al. 2022, "8-bit numerical formats for deep neural networks", arXiv 2206.02915; OCP microscaling formats 1.0.)
#pragma once

#include <cstdint>

namespace phosphene {

bool is_narrow_float(int64_t onnx_type);

// The number that the bits stand for; those above the type's width are not looked at. The type must be narrow.
float narrow_float_of_bits(int64_t onnx_type, uint8_t bits);

// The nearest number of the type, ties to the one with an even code. Beyond the largest: with `saturate` the largest, else infinity, or not
// a number where the type has no infinity. What is no number becomes 0 in a type that has only numbers. The type must be narrow and have a
// sign.
double round_to_narrow_float(int64_t onnx_type, double value, bool saturate);

}  // namespace phosphene

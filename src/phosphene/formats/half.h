// IEEE 754 binary16 and bfloat16 to float32 and back.
#pragma once

#include <cstdint>

namespace phosphene {

float half_to_float(uint16_t bits);
// Nearest, ties to even; beyond 65504 gives infinity.
uint16_t float_to_half(float value);
float bfloat16_to_float(uint16_t bits);
// Nearest, ties to even.
uint16_t float_to_bfloat16(float value);

}  // namespace phosphene

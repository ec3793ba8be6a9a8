// float16: IEEE 754 binary16, as blobs of an atlas hold codes and responses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phosphene {

// Rounded to nearest even; too large becomes infinity.
uint16_t to_float16(float value);
float from_float16(uint16_t bits);

// Arrays as blobs, little-endian. A size that does not fit is an Error.
std::string float16_blob(std::span<const float> values);
std::vector<float> floats_of_float16(std::string_view blob);
std::string float32_blob(std::span<const float> values);
std::vector<float> floats_of(std::string_view blob);
std::string uint32_blob(std::span<const uint32_t> values);
std::vector<uint32_t> uint32_of(std::string_view blob);

}  // namespace phosphene

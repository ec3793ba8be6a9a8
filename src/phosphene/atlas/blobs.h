// Arrays as the blobs of an atlas hold them: little-endian; codes and responses as float16 (formats/half.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phosphene {

// A blob whose size does not fit is an Error.
std::string float16_blob(std::span<const float> values);
std::vector<float> floats_of_float16(std::string_view blob);
std::string float32_blob(std::span<const float> values);
std::vector<float> floats_of(std::string_view blob);
std::string uint32_blob(std::span<const uint32_t> values);
std::vector<uint32_t> uint32_of(std::string_view blob);

}  // namespace phosphene

//     bits: sign 1, exponent 5 (bias 15), fraction 10;  value = 2^(e - 15) 1.f,  or 2^-14 0.f where e = 0
#include "phosphene/atlas/float16.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "phosphene/base/error.h"

namespace phosphene {

static_assert(std::endian::native == std::endian::little);

namespace {

template <typename T>
std::string bytes_of_array(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

template <typename T>
std::vector<T> array_of(std::string_view blob) {
  if (blob.size() % sizeof(T) != 0)
    throw Error(fmt::format("a blob of {} bytes is no array of {}-byte numbers", blob.size(), sizeof(T)), "build the atlas again");
  std::vector<T> values(blob.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), blob.data(), blob.size());
  return values;
}

}  // namespace

uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);   // not a number
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // rounds to 65536 or more
  if (magnitude < 0x38800000) {                                              // below 2^-14: multiples of 2^-24
    const float scaled = std::bit_cast<float>(magnitude) * 16777216.0f;      // exact
    return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(scaled)));
  }
  const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | (rounded - 0x38000000) >> 13);
}

float from_float16(uint16_t bits) {
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent == 0x1f) return fraction ? std::nanf("") : sign * HUGE_VALF;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

std::string float16_blob(std::span<const float> values) {
  std::vector<uint16_t> halves(values.size());
  for (size_t i = 0; i < values.size(); ++i) halves[i] = to_float16(values[i]);
  return bytes_of_array<uint16_t>(halves);
}

std::vector<float> floats_of_float16(std::string_view blob) {
  std::vector<float> values;
  for (const uint16_t half : array_of<uint16_t>(blob)) values.push_back(from_float16(half));
  return values;
}

std::string float32_blob(std::span<const float> values) { return bytes_of_array(values); }
std::vector<float> floats_of(std::string_view blob) { return array_of<float>(blob); }
std::string uint32_blob(std::span<const uint32_t> values) { return bytes_of_array(values); }
std::vector<uint32_t> uint32_of(std::string_view blob) { return array_of<uint32_t>(blob); }

}  // namespace phosphene

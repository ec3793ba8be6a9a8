#include "phosphene/atlas/blobs.h"

#include <bit>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/formats/half.h"

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

std::string float16_blob(std::span<const float> values) {
  std::vector<uint16_t> halves(values.size());
  for (size_t i = 0; i < values.size(); ++i) halves[i] = float_to_half(values[i]);
  return bytes_of_array<uint16_t>(halves);
}

std::vector<float> floats_of_float16(std::string_view blob) {
  std::vector<float> values;
  for (const uint16_t half : array_of<uint16_t>(blob)) values.push_back(half_to_float(half));
  return values;
}

std::string float32_blob(std::span<const float> values) { return bytes_of_array(values); }
std::vector<float> floats_of(std::string_view blob) { return array_of<float>(blob); }
std::string uint32_blob(std::span<const uint32_t> values) { return bytes_of_array(values); }
std::vector<uint32_t> uint32_of(std::string_view blob) { return array_of<uint32_t>(blob); }

}  // namespace phosphene

// An array owns the memory of the vector that it was made of.
#include "binding.h"

namespace phosphene::python {

namespace {

template <typename T>
Array<T> owning_array(std::vector<T> values, const std::vector<size_t>& shape) {
  auto* kept = new std::vector<T>(std::move(values));
  nb::capsule owner(kept, [](void* vector) noexcept { delete static_cast<std::vector<T>*>(vector); });
  return Array<T>(kept->data(), shape.size(), shape.data(), owner);
}

}  // namespace

Array<uint8_t> array_of(const api::Picture& picture) {
  return owning_array(picture.pixels,
                      {static_cast<size_t>(picture.height), static_cast<size_t>(picture.width), static_cast<size_t>(picture.channels)});
}

Array<float> array_of(std::vector<float> values, const std::vector<int64_t>& shape) {
  return owning_array(std::move(values), {shape.begin(), shape.end()});
}

}  // namespace phosphene::python

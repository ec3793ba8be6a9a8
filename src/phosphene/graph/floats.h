// Floats: a vector of float32 that begins at a cache line, and a large one at a large page: engines read weights where they lie.
#pragma once

#include <cstddef>
#include <vector>

namespace phosphene {

void* allocate_aligned(size_t bytes);  // std::bad_alloc when there is no such memory
void free_aligned(void* block);

template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename Other>
  AlignedAllocator(const AlignedAllocator<Other>&) {}

  T* allocate(size_t count) { return static_cast<T*>(allocate_aligned(count * sizeof(T))); }
  void deallocate(T* block, size_t) { free_aligned(block); }
  bool operator==(const AlignedAllocator&) const { return true; }
};

using Floats = std::vector<float, AlignedAllocator<float>>;

}  // namespace phosphene

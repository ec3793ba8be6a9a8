#include "phosphene/graph/floats.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace phosphene {

void* allocate_aligned(size_t bytes) {
  constexpr size_t kLine = 64, kPage = size_t{2} << 20;
  const size_t unit = bytes >= 2 * kPage ? kPage : kLine;
  void* block = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  if (!block) throw std::bad_alloc();
  if (unit == kPage) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void free_aligned(void* block) { std::free(block); }

}  // namespace phosphene

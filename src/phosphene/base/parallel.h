// Threads for plain loops outside the engines.
#pragma once

#include <cstdint>
#include <functional>

namespace phosphene {

// Calls body(first, last) on disjoint ranges that cover [0, count), on up to `threads` threads (0: all cores); the first exception is
// rethrown.
void parallel_for(int64_t count, const std::function<void(int64_t, int64_t)>& body, int threads = 0);

int core_count();

}  // namespace phosphene

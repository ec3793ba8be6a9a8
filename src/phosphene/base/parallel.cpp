// The range is cut into more pieces than threads; each thread takes the next piece, so that uneven pieces still end together.
#include "phosphene/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "phosphene/base/context.h"

namespace phosphene {

int core_count() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(int64_t count, const std::function<void(int64_t, int64_t)>& body, int threads) {
  if (count <= 0) return;
  const int64_t workers = std::min<int64_t>(count, threads > 0 ? threads : core_count());
  if (workers == 1) return body(0, count);
  const int64_t piece = std::max<int64_t>(1, count / (workers * 8));

  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const Context& lent = context();
  const auto work = [&] {
    const ContextScope scope(lent);
    for (int64_t first = next.fetch_add(piece); first < count; first = next.fetch_add(piece)) {
      try {
        body(first, std::min(count, first + piece));
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int64_t i = 1; i < workers; ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace phosphene

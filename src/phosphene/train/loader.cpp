// Two batches: the caller reads front_ while the thread fills back_; next() waits for the thread, swaps them and names the next step.
#include "phosphene/train/loader.h"

#include <utility>

namespace phosphene {

Loader::Loader(const Dataset& dataset, const BatchOptions& options) : maker_(dataset, options), thread_([this] { work(); }) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

const Batch& Loader::next(int64_t step) {
  std::unique_lock lock(mutex_);
  const auto idle = [this] { return !busy_ && wanted_ < 0; };
  changed_.wait(lock, idle);
  if (back_.step != step && !failure_) {
    wanted_ = step;
    changed_.notify_all();
    changed_.wait(lock, idle);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  std::swap(front_, back_);
  wanted_ = step + 1;
  changed_.notify_all();
  return front_;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || wanted_ >= 0; });
    if (stop_) return;
    const int64_t step = std::exchange(wanted_, -1);
    busy_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      maker_.make(step, back_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    if (failure) back_.step = -1;
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace phosphene

// Loader: makes the next batch on a thread of its own while the caller trains on this one.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "phosphene/train/batch.h"

namespace phosphene {

class Loader {
 public:
  // `dataset` is borrowed for the loader's life. Errors as BatchMaker's.
  Loader(const Dataset& dataset, const BatchOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The batch of `step`, valid until the next call. The batch of step + 1 is begun at once; any other step may be asked for, at the cost of
  // a wait.
  const Batch& next(int64_t step);

  int64_t steps_per_epoch() const { return maker_.steps_per_epoch(); }

 private:
  void work();

  BatchMaker maker_;
  Batch front_, back_;  // the caller's; the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t wanted_ = -1;  // step for the thread to make next into back_; -1: none
  bool busy_ = false, stop_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace phosphene

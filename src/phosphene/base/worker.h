// Worker: one thread that does tasks in the order in which they come, beside the caller.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace phosphene {

class Worker {
 public:
  explicit Worker(size_t most_waiting = 64);
  ~Worker();  // drops what still waits

  // Waits while too much is waiting. After a task has failed its exception comes out of the next call here, or of finish().
  void add(std::function<void()> task);
  void finish();  // returns when everything is done

 private:
  void work();
  void rethrow();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::exception_ptr failure_;
  size_t most_waiting_;
  bool busy_ = false, closed_ = false;
  std::thread thread_;
};

}  // namespace phosphene

// Crew: threads for connections. A thread is started when a connection finds none free, up to a limit; later connections wait for one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace phosphene {

class Crew {
 public:
  explicit Crew(size_t most) : most_(most) {}
  ~Crew() { finish(); }

  void add(std::function<void()> task);
  void finish();  // does what waits, then ends the threads

 private:
  void work();

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  size_t free_ = 0;
  bool closed_ = false;
};

}  // namespace phosphene

// Order, and where a failure comes out.
#include "phosphene/base/worker.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

namespace phosphene {
namespace {

TEST(Worker, DoesEverythingInOrder) {
  std::vector<int> done;
  Worker worker(2);
  for (int i = 0; i < 100; ++i) worker.add([&done, i] { done.push_back(i); });
  worker.finish();
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<size_t>(i)], i);
}

TEST(Worker, AFailureComesOutOnceAndWorkGoesOn) {
  Worker worker;
  worker.add([] { throw std::runtime_error("full"); });
  EXPECT_THROW(worker.finish(), std::runtime_error);
  bool done = false;
  worker.add([&] { done = true; });
  worker.finish();
  EXPECT_TRUE(done);
}

TEST(Worker, DropsWhatWaitsWhenItEnds) {
  bool ran = false;
  {
    // The first task ends when the second is dropped, and its failure is one that nobody asks for.
    std::promise<void> dropped;
    Worker worker;
    worker.add([&] {
      dropped.get_future().wait();
      throw std::runtime_error("nobody asks");
    });
    worker.add([&ran, last = std::shared_ptr<void>(nullptr, [&](void*) { dropped.set_value(); })] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace phosphene

// Counter-based random numbers (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// A stream is named by (seed, purpose, step): the same names give the same numbers on every machine, whatever lane, batch neighbour or
// thread asks. There is no global state.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace phosphene {

class Rng {
 public:
  // purpose: a short fixed word ("init", "crop", "dropout"); step: whatever counts (iteration, image index ...).
  Rng(uint64_t seed, std::string_view purpose, uint64_t step = 0);

  uint32_t next();   // uniform 32 bits
  double uniform();  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();               // N(0, 1), Box-Muller
  int64_t below(int64_t bound);  // uniform integer in [0, bound), bound >= 1
  bool coin(double probability) { return uniform() < probability; }

  void fill_normal(std::span<float> values, float deviation = 1);
  void fill_uniform(std::span<float> values, float low, float high);
  std::vector<int64_t> permutation(int64_t size);

 private:
  uint32_t key_[2], counter_[4], block_[4];
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace phosphene

// bench --profile and run --profile: where the time of a step goes.
#pragma once

#include "phosphene/engine/program.h"

namespace phosphene {

struct ProfileOptions {
  int repeats = 7;   // rounds; the median of every step counts
  double peak = 0;   // GFLOP/s of the machine; 0: not known
  size_t rows = 30;  // the slowest steps
};
// Prints the slowest steps of a program and sums by kind of step.
void print_profile(Program& program, const ProfileOptions& options);

}  // namespace phosphene

// Options of a short training whose files lie beside `out`.
#pragma once

#include <filesystem>

#include "phosphene/train/run.h"

namespace phosphene {

inline RunOptions run_in(const std::filesystem::path& out) {
  RunOptions run;
  run.out = out;
  run.log_every = 2;
  return run;
}

}  // namespace phosphene

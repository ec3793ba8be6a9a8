// The reference engine: plain loops in the textbook's letters, every number a double inside, every value kept. Slow, obviously right; it
// judges the other engines. Precision::kBfloat16 is accepted and means double all the same.
#pragma once

#include "phosphene/engine/program.h"

namespace phosphene {

const Engine& reference_engine();

}  // namespace phosphene

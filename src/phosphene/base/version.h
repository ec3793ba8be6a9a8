// The version that results and model files name.
#pragma once

#include "phosphene/version.h"

namespace phosphene {

inline constexpr const char* kVersion = PHOSPHENE_VERSION;

}  // namespace phosphene

// The version that results.json and its page name; measured lanes are kept for one version.
#pragma once

#include "phosphene/version.h"

namespace phosphene {

inline constexpr const char* kVersion = PHOSPHENE_VERSION;

}  // namespace phosphene

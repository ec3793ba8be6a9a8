// The version that results.json and its page name; measured lanes are kept for one version. tests/documents.py checks that CMakeLists.txt
// has the same.
#pragma once

#include "phosphene/version.h"

namespace phosphene {

inline constexpr const char* kVersion = PHOSPHENE_VERSION;

}  // namespace phosphene

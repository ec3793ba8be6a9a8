// The version of phosphene. This file is where the version is written down: the build reads it here.
#pragma once

#include <phosphene/export.h>

#define PHOSPHENE_VERSION "0.1.0"  // of these headers

namespace phosphene {

// Version and commit of the library that is loaded: "0.1.0 (c3bfc9e1a2b3)", with "-dirty" after the commit where files had been changed.
PHOSPHENE_EXPORT const char* version();

}  // namespace phosphene

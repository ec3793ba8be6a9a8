// The program `phosphene` as a function.
#pragma once

#include <phosphene/export.h>

namespace phosphene {

// argv[0] is the program's name. Results go to stdout, progress and log to stderr. Returns the exit code: 0 done; 1 bad input or
// environment, with one line "error: WHERE > WHAT; what to do" on stderr; 2 wrong usage; 130 stopped by Ctrl-C.
PHOSPHENE_EXPORT int run_cli(int argc, const char* const* argv);

}  // namespace phosphene

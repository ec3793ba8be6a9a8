// Measuring speed: medians of interleaved repeats, and what the machine can do at best.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/engine/program.h"

namespace phosphene {

// Seconds that one call takes.
double seconds_of(const std::function<void()>& body);

// One thing to be timed; `body` does the same work at every call.
struct Contestant {
  std::string name;
  std::function<void()> body;
};
// Calls each once to warm up, then all in turn, `repeats` times: a slow minute of the machine hits everybody alike. Median seconds, in the
// same order.
std::vector<double> race(const std::vector<Contestant>& contestants, int repeats);

// One matrix product 2048 x 2048 x 2048 as a program: what the engine reaches at best. work: its floating-point operations.
struct Peak {
  std::unique_ptr<Program> program;
  double work = 0;
};
Peak make_peak(const Engine& engine, Precision precision);

// Runs a script with Debian's Python and parses the JSON object in its last line. Error when it fails.
Json run_peer(const std::string& script, const std::string& arguments);
// A script of bench/peers, searched from the program's folder upwards. Error when it is absent or Debian's PyTorch cannot be loaded.
std::string find_peer(const std::string& file_name);

}  // namespace phosphene

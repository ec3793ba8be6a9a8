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

// Peak resident memory of a process that does nothing but `body`: a child of this one, which must not have started any thread before.
int64_t resident_bytes_of(const std::function<void()>& body);

// One thing to be timed; `body` does the same work at every call.
struct Contestant {
  std::string name;
  std::function<void()> body;
};
// Calls each once to warm up, then all in turn, `repeats` times: a slow minute of the machine hits everybody alike. Median seconds, in the
// same order.
std::vector<double> race(const std::vector<Contestant>& contestants, int repeats);

// What the engine reaches at best: one large matrix product and one large convolution as programs. work: floating-point operations.
struct Peak {
  std::string name;
  std::unique_ptr<Program> program;
  double work = 0;
};
std::vector<Peak> make_peaks(const Engine& engine, Precision precision);

// Copies 256 MiB with all threads, which reads and writes `bytes` in all.
struct MemoryCopy {
  std::vector<char> from, to;
  int64_t bytes = 0;
  MemoryCopy();
  void run();
};

// Runs a script with the python of PYTHON, else with Debian's, and parses the JSON object in its last line. The script gets the arguments
// as they are, whatever a shell makes of their characters. Error when it fails.
Json run_peer(const std::string& script, const std::vector<std::string>& arguments);
// A script of bench/peers, searched from the program's folder upwards. Error when it is absent, or that python has no PyTorch,
// with `cuda` none that sees a GPU.
std::string find_peer(const std::string& file_name, bool cuda = false);

}  // namespace phosphene

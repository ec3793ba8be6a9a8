// Replay: draws the pictures of a folder again, and compares bits.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "phosphene/run/run.h"

namespace phosphene {

struct ReplayReport {
  size_t pictures = 0, same = 0;
  std::vector<std::string> differences;  // one line per picture that differs: in pixels, code, or a number
  bool stopped = false;
};

// Reads results.json, its PNGs and codes.npy; writes nothing. Models and files are found by their names in the request.
// Error if the pictures were drawn with another model, another file or another version.
ReplayReport replay(Session& session, const std::filesystem::path& results_json, const RunEvents& events = {},
                    const std::stop_token& stop = {});

}  // namespace phosphene

// Replay: draws again what a folder says, and compares bits.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "phosphene/run/run.h"

namespace phosphene {

struct ReplayReport {
  size_t pictures = 0, same = 0;
  std::vector<std::string> differences;  // a line a picture that is not the same: its pixels, its code, or a number
  bool stopped = false;
};

// Of a results.json with its PNGs and codes.npy. Nothing is written. Files are looked for by the names that the request has for them.
// Error where a model or file is not the one that the pictures were drawn with, or the version is another.
ReplayReport replay(Session& session, const std::filesystem::path& results_json, const RunEvents& events = {},
                    const std::stop_token& stop = {});

}  // namespace phosphene

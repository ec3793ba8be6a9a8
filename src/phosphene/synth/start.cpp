#include "phosphene/synth/start.h"

#include <algorithm>
#include <filesystem>

#include "phosphene/base/error.h"

namespace phosphene {

PHOSPHENE_TABLE(all_starts, Start,
                kZeroStart,      // starts/zero.cpp
                kNormalStart,    // starts/normal.cpp
                kSpectrumStart,  // starts/spectrum.cpp
                kBankStart,      // starts/bank.cpp
                kImageStart,     // starts/image.cpp
                kFileStart)      // starts/file.cpp

FoundStart find_start(const std::string& init) {
  const size_t colon = init.find(':');
  const std::string name = init.substr(0, colon), argument = colon == std::string::npos ? "" : init.substr(colon + 1);
  const Table<Start> starts = all_starts();
  const auto found = std::ranges::find_if(starts, [&](const Start& start) { return name == start.name; });
  std::error_code ignored;
  if (found == starts.end() || found == std::prev(starts.end())) {
    if (init.ends_with(".npy") || std::filesystem::is_regular_file(init, ignored)) return {&starts.back().get(), init};
    std::string names;
    for (const Start& start : starts) names += fmt::format("{}{}", names.empty() ? "" : ", ", start.name);
    throw Error(fmt::format("init \"{}\" is not known", init), fmt::format("give one of {}", names));
  }
  const Start& start = *found;
  if (start.needs_argument && argument.empty())
    throw Error(fmt::format("init {} needs more", start.name), fmt::format("write {}:{}", start.name, start.argument));
  if (!start.argument && colon != std::string::npos) throw Error(fmt::format("init {} takes no \"{}\"", name, argument), "leave it out");
  return {&start, argument};
}

}  // namespace phosphene

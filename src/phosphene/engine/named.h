// What every engine's program does with names: which values to keep, and finding what a caller asks for.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene {

// The values that a prepared graph must keep: the wanted ones and the seeds, each once.
inline std::vector<std::string> wanted_values(const CompileOptions& options) {
  std::vector<std::string> wanted;
  for (const auto* names : {&options.values, &options.seeds})
    for (const std::string& name : *names)
      if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(name);
  return wanted;
}

// What a map of a program has under this name; `what` it is, for the Error when there is none.
template <typename Map>
auto& find_named(Map& map, const std::string& name, const char* what) {
  const auto found = map.find(name);
  if (found == map.end()) throw Error(fmt::format("\"{}\" is no {} of this program", name, what), "name it when compiling");
  return found->second;
}

}  // namespace phosphene

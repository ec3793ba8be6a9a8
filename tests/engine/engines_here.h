// The engines that can run on this machine: all of the build, and torch:cuda where it has a device; and what their tests share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene::test {

inline std::vector<std::string> engines_here() {
  std::vector<std::string> names;
  for (const std::string& name : engine_names()) try {
      if (name == "torch:cuda") find_engine(name);
      names.push_back(name);
    } catch (const Error&) {
    }
  return names;
}

// A program's values, to compare them.
inline std::vector<float> copied(std::span<const float> values) { return {values.begin(), values.end()}; }

// "torch:cuda" as a part of a test's name.
inline std::string test_name(std::string engine) {
  if (const size_t colon = engine.find(':'); colon != std::string::npos) engine[colon] = '_';
  return engine;
}

}  // namespace phosphene::test

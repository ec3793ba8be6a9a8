// The torch engine as the program sees it: a module beside the library, loaded when it is asked for by name (engine/torch).
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/program.h"

namespace phosphene {

// "torch" and "torch:cuda" where the module is there, else nothing. Does not load it.
std::vector<std::string> torch_engine_names();
bool is_torch_engine(const std::string& name);
// Loads the module at the first call. Error where it is not there, does not load, or its device is not there.
const Engine& torch_engine(const std::string& name);

}  // namespace phosphene

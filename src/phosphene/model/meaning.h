// Options that say what a network's file leaves out, and warnings about what was changed or assumed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

// Empty texts change nothing.
struct MeaningOptions {
  std::string preprocess, labels, input_size, output;
  std::vector<std::string> fixed;  // "NAME=VALUE" or "NAME=FILE.npy"
  std::optional<uint64_t> random_weights;
};
// Error that names the option.
Model load_model_with(const std::string& name_or_file, const MeaningOptions& options);

// A warning for everything that was changed on the way in, and one that names the preprocessing that is assumed, where neither the file nor
// the user says it.
void warn_of_assumptions(const Model& model);
void warn_of_changes(const Model& model);  // only the warnings for changes

}  // namespace phosphene

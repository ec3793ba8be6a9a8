// What several subcommands read the same way from the command line.
#pragma once

#include <string>
#include <utility>

#include "phosphene/model/model.h"

namespace phosphene {

// "NAME=FILE" -> both; without "=" the name is empty.
std::pair<std::string, std::string> parse_assignment(const std::string& text);

// The one --preprocess and --labels that stand in for what a file does not say. Empty texts change nothing.
struct MeaningOptions {
  std::string preprocess, labels;
};
Model load_model_with(const std::string& name_or_file, const MeaningOptions& options);

}  // namespace phosphene

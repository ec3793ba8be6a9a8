// What several subcommands read the same way from the command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "phosphene/model/model.h"

namespace phosphene {

// "NAME=FILE" -> both; without "=" the name is empty.
std::pair<std::string, std::string> parse_assignment(const std::string& text);

// What stands in for what a file does not say, the same in every subcommand. Empty texts change nothing.
struct MeaningOptions {
  std::string preprocess, labels, input_size;
  std::vector<std::string> fixed;  // "NAME=VALUE" or "NAME=FILE.npy"
};
void add_meaning_options(CLI::App& command, MeaningOptions& options);
Model load_model_with(const std::string& name_or_file, const MeaningOptions& options);

}  // namespace phosphene

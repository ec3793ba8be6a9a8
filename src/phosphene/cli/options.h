// What several subcommands read the same way from the command line.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "phosphene/model/model.h"

namespace phosphene {

// "NAME=FILE" -> both; without "=" the name is empty.
std::pair<std::string, std::string> parse_assignment(const std::string& text);

// Adds --random-weights SEED; every command that loads a model has it.
void add_random_weights(CLI::App& command, std::optional<uint64_t>& seed);
inline constexpr const char* kModelHelp = "FILE.onnx, FILE.prototxt:FILE.caffemodel or the name of an embedded model";

// What stands in for what a file does not say, the same in every subcommand. Empty texts change nothing.
struct MeaningOptions {
  std::string preprocess, labels, input_size, output;
  std::vector<std::string> fixed;  // "NAME=VALUE" or "NAME=FILE.npy"
  std::optional<uint64_t> random_weights;
};
void add_meaning_options(CLI::App& command, MeaningOptions& options);
Model load_model_with(const std::string& name_or_file, const MeaningOptions& options);
// A line on stderr for everything that was changed on the way in, and one that names the preprocessing that is assumed, where neither the
// file nor --preprocess says it.
void warn_of_assumptions(const Model& model);
void warn_of_changes(const Model& model);  // the former alone

}  // namespace phosphene

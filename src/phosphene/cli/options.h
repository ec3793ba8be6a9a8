// What several subcommands read the same way from the command line.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "phosphene/model/meaning.h"

namespace phosphene {

// "NAME=FILE" -> both; without "=" the name is empty.
std::pair<std::string, std::string> parse_assignment(const std::string& text);

// Adds --random-weights SEED; every command that loads a model has it.
void add_random_weights(CLI::App& command, std::optional<uint64_t>& seed);
inline constexpr const char* kModelHelp = "FILE.onnx, FILE.prototxt:FILE.caffemodel or the name of an embedded model";

// The same in every subcommand.
void add_meaning_options(CLI::App& command, MeaningOptions& options);

}  // namespace phosphene

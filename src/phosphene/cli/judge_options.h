// The judge of a search's pictures, as several subcommands read it from the command line.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "phosphene/judge/verdict.h"

namespace phosphene {

struct JudgeOptions {
  std::string judge, layer, preprocess, labels, class_map;
  int64_t real_images = 2000;
};
void add_judge_options(CLI::App& command, JudgeOptions& options);

// The judge of pictures of `layer` of `model`; `real` is borrowed. Null where none is named.
std::unique_ptr<Judge> make_judge(const JudgeOptions& options, const Model& model, const std::string& layer, const Dataset& real,
                                  const std::string& engine);

}  // namespace phosphene

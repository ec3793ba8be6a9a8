// A build as a Slurm job array, from the command line that asked for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phosphene {

struct SubmitArguments {
  std::string to;  // "slurm"; empty: build here
  int64_t parts = 8;
  std::vector<std::string> options;  // of sbatch
};

// Submits the command that this process was started with, without its --submit, --parts, --sbatch, --threads and -o, as an array of parts.
// Prints how to see its progress and how to merge.
void submit_build(const SubmitArguments& arguments, const std::filesystem::path& out, int threads);

}  // namespace phosphene

// Slurm: the parts of a build as a job array.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phosphene {

struct SlurmArray {
  std::string name;                    // of the job
  std::filesystem::path program;       // this program
  std::filesystem::path folder;        // where the command was given; relative paths begin there
  std::vector<std::string> arguments;  // of `phosphene atlas build`, without --part, --threads and -o
  std::filesystem::path out;           // of the whole; parts go into OUT.parts/
  std::vector<std::string> options;    // further lines "#SBATCH ...": "--partition=long"
  int64_t parts = 8;
  int threads = 1;  // of each part, and processors that it asks for

  std::filesystem::path script_file() const;  // OUT.sbatch
  std::filesystem::path parts_folder() const;
};

// The batch script: each task is one part with a file of its own; a task that is requeued goes on with its file.
std::string slurm_script(const SlurmArray& array);
// "phosphene atlas merge ...", as a shell takes it.
std::string merge_command(const SlurmArray& array);
// Writes the script, makes the folder of the parts, and submits it. The number of the job. Error when sbatch is missing or refuses.
std::string submit(const SlurmArray& array);

// As a POSIX shell reads it: in single quotes where it must be.
std::string shell_quoted(const std::string& text);

}  // namespace phosphene

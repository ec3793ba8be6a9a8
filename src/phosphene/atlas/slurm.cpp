#include "phosphene/atlas/slurm.h"

#include <array>
#include <cstdio>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

std::string shell_quoted(const std::string& text) {
  const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::filesystem::path SlurmArray::script_file() const { return out.string() + ".sbatch"; }
std::filesystem::path SlurmArray::parts_folder() const { return out.string() + ".parts"; }

std::string slurm_script(const SlurmArray& array) {
  std::string text = "#!/bin/bash\n";
  const std::string parts = array.parts_folder().string();
  const auto directive = [&](const std::string& option) {
    if (option.find('\n') != std::string::npos) throw Error(fmt::format("\"{}\" is no option of sbatch", option), "give one line");
    text += "#SBATCH " + option + "\n";
  };
  directive("--job-name=" + file_safe(array.name));
  directive(fmt::format("--array=1-{}", array.parts));
  directive(fmt::format("--cpus-per-task={}", array.threads));
  directive("--requeue");
  directive("--open-mode=append");
  directive("--output=" + shell_quoted(parts + "/part-%a.log"));
  for (const std::string& option : array.options) directive(option);
  text += "# Each task makes one part of the atlas. A task that is killed or requeued goes on where its file ends.\n";
  text += "set -euo pipefail\n";
  text += fmt::format("cd {}\n", shell_quoted(array.folder.string()));
  text += fmt::format("exec {} atlas build", shell_quoted(array.program.string()));
  for (const std::string& argument : array.arguments) text += " " + shell_quoted(argument);
  text += fmt::format(" \\\n  --threads {} --part \"$SLURM_ARRAY_TASK_ID/{}\" -o {}/part-\"$SLURM_ARRAY_TASK_ID\".atlas\n", array.threads,
                      array.parts, shell_quoted(parts));
  return text;
}

std::string merge_command(const SlurmArray& array) {
  return fmt::format("{} atlas merge {}/part-*.atlas -o {}", shell_quoted(array.program.string()),
                     shell_quoted(array.parts_folder().string()), shell_quoted(array.out.string()));
}

std::string submit(const SlurmArray& array) {
  write_file(array.script_file(), slurm_script(array));
  make_output_folder(array.parts_folder());
  const std::string command = "sbatch --parsable " + shell_quoted(array.script_file().string()) + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), [](FILE*) { return 0; });
  if (!pipe) throw Error("cannot be started", "install Slurm's clients").at("sbatch");
  std::string said;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe.get())) said += line.data();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (pclose(pipe.get()) != 0)
    throw Error(fmt::format("refuses {}: {}", array.script_file().string(), said), "the script is written; submit it by hand").at("sbatch");
  return said.substr(0, said.find(';'));
}

}  // namespace phosphene

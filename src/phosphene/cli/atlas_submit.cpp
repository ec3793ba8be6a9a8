#include "phosphene/cli/atlas_submit.h"

#include <set>

#include "phosphene/atlas/slurm.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/parallel.h"

namespace phosphene {

namespace {

// What this process was started with, behind "atlas build".
std::vector<std::string> own_arguments() {
  const std::string line = read_file("/proc/self/cmdline");
  std::vector<std::string> all;
  for (size_t first = 0; first < line.size();) {
    const size_t end = std::min(line.find('\0', first), line.size());
    all.push_back(line.substr(first, end - first));
    first = end + 1;
  }
  const auto build = std::find(all.begin(), all.end(), "build");
  PHOSPHENE_CHECK(build != all.end());
  static const std::set<std::string> kNotOfAPart = {"--submit", "--parts", "--sbatch", "--threads", "-o", "--out"};
  std::vector<std::string> arguments;
  for (auto at = build + 1; at != all.end(); ++at) {
    const std::string name = at->substr(0, at->find('='));
    if (!kNotOfAPart.contains(name)) {
      arguments.push_back(*at);
    } else if (name == *at && at + 1 != all.end()) {
      ++at;  // its value
    }
  }
  return arguments;
}

}  // namespace

void submit_build(const SubmitArguments& arguments, const std::filesystem::path& out, int threads) {
  SlurmArray array{.name = "phosphene " + out.stem().string(),
                   .program = std::filesystem::canonical("/proc/self/exe"),
                   .folder = std::filesystem::current_path(),
                   .arguments = own_arguments(),
                   .out = out,
                   .options = arguments.options,
                   .parts = arguments.parts,
                   .threads = threads > 0 ? threads : core_count()};
  const std::string job = submit(array);
  fmt::print("job {}, {} parts, from {}\n", job, array.parts, array.script_file().string());
  fmt::print("when all parts are done:\n{}\n", merge_command(array));
}

}  // namespace phosphene

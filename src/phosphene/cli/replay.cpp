// phosphene replay: draws finished pictures again, and compares bits.
#include "phosphene/run/replay.h"

#include <cstdio>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/run/folder.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

// The results.json files that a path means: the file itself; that of a search's folder; in a comparison's folder, those of all rows and of
// the searches that found a row's start codes.
std::vector<fs::path> results_in(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path};
  if (fs::exists(path / kResultsFile, ignored) || Journal::request_in(path)) return {path / kResultsFile};
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(path, ignored))
    if (entry.path().filename() == kResultsFile) found.push_back(entry.path());
  if (found.empty())
    throw Error(fmt::format("it holds no {}", kResultsFile), "give a folder that synth or compare wrote").at(path.string());
  std::sort(found.begin(), found.end());
  return found;
}

void replay_all(const fs::path& path) {
  const Interrupt interrupt;
  Session session;
  size_t pictures = 0, same = 0;
  for (const fs::path& results : results_in(path)) {
    const ReplayReport report = replay(session, results, show_progress("replay"), interrupt.token());
    if (report.stopped) throw Interrupted{};
    pictures += report.pictures, same += report.same;
    fmt::print("{}: {} of {} pictures are the same to the bit\n", results.string(), report.same, report.pictures);
    for (const std::string& difference : report.differences) log_error(difference);
  }
  if (same != pictures) throw Failed{};
}

}  // namespace

void add_replay(CLI::App& app) {
  auto path = std::make_shared<fs::path>();
  CLI::App* command = app.add_subcommand("replay", "Draw finished pictures again, and tell whether every bit agrees");
  command->add_option("results", *path, "A results.json, or a folder that synth or compare wrote")->required();
  command->callback([path] { replay_all(*path); });
}

}  // namespace phosphene

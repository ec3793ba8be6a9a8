// phosphene atlas merge PART... -o net.atlas: joins parts, and measures once all are there.
#include <memory>

#include "phosphene/atlas/build.h"
#include "phosphene/atlas/merge.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/atlas_command.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/interrupt.h"

namespace phosphene {

namespace {

struct MergeArguments {
  std::vector<std::filesystem::path> parts;
  std::filesystem::path out;
  bool no_figures = false;
};

void merge(const MergeArguments& arguments) {
  const Interrupt interrupt;
  const MergeReport report = merge_atlases(arguments.parts, arguments.out);
  log_info(fmt::format("{} of {} pictures, {} of them new", report.pictures, report.jobs, report.added));
  fmt::print("{}\n", arguments.out.string());
  std::fflush(stdout);
  if (!report.whole) {
    for (const int64_t part : report.missing_parts) log_warning(fmt::format("part {} is missing or not done", part));
    log_info("figures are measured once all parts are done and merged");
    return;
  }
  if (arguments.no_figures) return;
  Session session;
  if (!finish_atlas(session, arguments.out, show_progress_of_build(), interrupt.token())) throw Interrupted{};
}

}  // namespace

void add_atlas_merge(CLI::App& atlas) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App* command =
      atlas.add_subcommand("merge", "Join the parts of a build; once all are there, measure. The same command again adds what is new");
  command->add_option("parts", arguments->parts, "The parts' files")->required();
  command->add_flag("--no-figures", arguments->no_figures, "Only join: needs no model and no pictures");
  command->add_option("-o,--out", arguments->out, "The atlas file")->required();
  command->callback([arguments] { merge(*arguments); });
}

}  // namespace phosphene

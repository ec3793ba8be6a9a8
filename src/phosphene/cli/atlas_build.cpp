// phosphene atlas build NET -o net.atlas: draws and measures what the atlas lacks.
#include <memory>

#include "phosphene/atlas/build.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/atlas_command.h"
#include "phosphene/cli/atlas_submit.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/cli/recipe_options.h"

namespace phosphene {

namespace {

struct BuildArguments {
  AtlasOptions options;
  std::string part;
  std::filesystem::path out;
  SubmitArguments submit;
};

void build(const BuildArguments& arguments) {
  if (!arguments.submit.to.empty()) return submit_build(arguments.submit, arguments.out, arguments.options.recipe.threads);
  const Interrupt interrupt;
  Session session;
  const AtlasPart part = arguments.part.empty() ? AtlasPart{} : located("--part", [&] { return AtlasPart::parse(arguments.part); });
  const AtlasBuildReport report = build_atlas(session, arguments.options, arguments.out, part, show_progress_of_build(), interrupt.token());
  if (report.known > 0) log_info(fmt::format("{} of {} pictures were there already", report.known, report.jobs));
  if (report.drawn > 0) log_info(fmt::format("{} drawn, lanes busy {:.1f} % of the time", report.drawn, 100 * report.use.share()));
  if (const DataPassTimes& read = report.reading; read.pictures > 0)
    log_info(fmt::format("{} real pictures read: waiting for them {:.1f} s, forward passes {:.1f} s, counting {:.1f} s", read.pictures,
                         read.waiting, read.forward, read.counting));
  for (const JobFailure& failure : report.failures) log_error(failure.error.what());
  if (report.stopped) {
    log_info("what is finished is kept; the same command goes on");
    throw Interrupted{};
  }
  fmt::print("{}\n", arguments.out.string());
  if (!report.failures.empty()) throw Failed{};
}

}  // namespace

AtlasBuildEvents show_progress_of_build() {
  return {[line = std::shared_ptr<Progress>(), doing = std::string()](const AtlasProgressEvent& event) mutable {
    if (!line || doing != event.doing) {
      if (line) line->finish();
      line = std::make_shared<Progress>(event.doing, event.all);
      doing = event.doing;
    }
    line->update(event.done, event.note);
    if (event.done == event.all) line->finish(event.note), line.reset();
  }};
}

void add_atlas_build(CLI::App& atlas) {
  auto arguments = std::make_shared<BuildArguments>();
  AtlasOptions& options = arguments->options;
  CLI::App* command =
      atlas.add_subcommand("build", "Draw and measure the units of a network; the same command again does only what is missing");
  add_recipe_options(*command, options.recipe, {"layer", "direction", "units", "shuffle"});
  command->add_option("--layers", options.layers, "Units to draw, as fc8,conv4:0-99 (default: every unit of every layer)");
  command->add_option("--for", options.settings, "Settings of one layer, as \"conv4 steps=100 rule=momentum\"; once per layer")
      ->allow_extra_args(false);
  command->add_option("--data", options.data, "Folder of real pictures to compare with; folders in it are classes");
  command->add_option("--most-pictures", options.most_pictures, "Read a fixed random choice of so many (default: all)")
      ->check(CLI::Range(1, 1 << 30));
  command->add_option("--judge", options.judge, "A second network that judges the pictures of the output units");
  command->add_option("--judge-preprocess", options.judge_preprocess, "Preprocessing of the judge, as --preprocess");
  command->add_option("--judge-labels", options.judge_labels, "Labels of the judge, as --labels");
  command->add_option("--class-map", options.class_map,
                      "A text file with a line per class: the number of the judge's class, or - (default: matched by name)");
  CLI::Option* submit =
      command->add_option("--submit", arguments->submit.to, "slurm: submit the parts as a job array, and print how to merge them")
          ->check(CLI::IsMember({"slurm"}));
  command->add_option("--part", arguments->part, "I/N: do part I of N equal parts, each into a file of its own; `atlas merge` joins them")
      ->excludes(submit);
  command->add_option("--parts", arguments->submit.parts, "Parts of --submit")
      ->check(CLI::Range(1, 100'000))
      ->needs(submit)
      ->capture_default_str();
  command->add_option("--sbatch", arguments->submit.options, "Option of sbatch for --submit, as --sbatch=--partition=long; once per option")
      ->allow_extra_args(false)
      ->needs(submit);
  command->add_option("-o,--out", arguments->out, "The atlas file")->required();
  command->callback([arguments] { build(*arguments); });
}

}  // namespace phosphene

// phosphene synth: draws the preferred inputs of units of a network.
#include <cstdio>
#include <memory>

#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/cli/recipe_options.h"
#include "phosphene/run/sink_kinds.h"

namespace phosphene {

namespace {

struct SynthArguments {
  Recipe recipe;
  std::filesystem::path out;
  bool save_codes = false;
};

void print_picture(const PictureRecord& picture) {
  const TermResult& main = picture.main();
  const std::string probability = main.probability ? fmt::format("  probability {:.1f} %", 100 * *main.probability) : "";
  fmt::print("unit {}  seed {}  activation {:.4g}  rank {}{}\n", picture.name, picture.seed, picture.activation(), main.rank, probability);
}

void synth(const SynthArguments& arguments) {
  const Interrupt interrupt;
  Session session;
  Request request = Request::from(session, arguments.recipe);
  request.save_codes = arguments.save_codes;
  const Plan jobs = plan(session, continued(std::move(request), arguments.out));
  const SinkKind& kind = sink_kind_of(arguments.out);
  const RunReport report = draw(session, jobs, *kind.open(arguments.out, jobs, print_picture), interrupt.token());
  if (report.stopped) throw Interrupted{};
  fmt::print("{}\n", (*kind.look_at ? arguments.out / kind.look_at : arguments.out).string());
  if (!report.failures.empty()) throw Failed{};
}

// "a folder of PNGs ...; FILE.jsonl: one line of JSON ..."
std::string output_help() {
  std::string help = "Output: ";
  for (const SinkKind& kind : all_sink_kinds())
    help += *kind.ending ? fmt::format("; *{}: {}", kind.ending, kind.about) : std::string(kind.about);
  return help;
}

}  // namespace

void add_synth(CLI::App& app) {
  auto arguments = std::make_shared<SynthArguments>();
  CLI::App* command = app.add_subcommand("synth", "Draw the preferred inputs of units; the same command again draws only what is missing");
  add_recipe_options(*command, arguments->recipe);
  command->add_flag("--save-codes", arguments->save_codes, "Also write the codes of every step to steps.npy");
  command->add_option("-o,--out", arguments->out, output_help())->required();
  command->callback([arguments] { synth(*arguments); });
}

}  // namespace phosphene

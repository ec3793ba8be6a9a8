// phosphene evolve: search without gradients for the pictures that a black box scores highest.
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/engine/program.h"
#include "phosphene/evolve/report.h"
#include "phosphene/model/inputs.h"

namespace phosphene {

namespace {

struct EvolveArguments {
  std::vector<std::string> priors = {"tin200-fc6"};
  std::string size = "224x224", start;
  std::filesystem::path watched, out;
  ExperimentOptions experiment;
  int threads = 0;
};

std::string optimiser_help() {
  std::string help = "How the codes move, \"NAME PARAMETER=VALUE ...\":";
  for (const OptimiserKind& kind : all_optimisers()) {
    help += fmt::format("\n  {}: {} (", kind.name, kind.about);
    for (const RuleParameter& parameter : kind.parameters)
      help += fmt::format("{}{}={}", &parameter == kind.parameters.data() ? "" : " ", parameter.name, parameter.usual);
    help += ")";
  }
  return help;
}

std::vector<std::shared_ptr<const Prior>> load_priors(const EvolveArguments& a) {
  const ImageSize size = located("--size", [&] { return parse_size(a.size); });
  const Model box = black_box(size.height, size.width);
  std::vector<std::shared_ptr<const Prior>> priors;
  for (const std::string& name : a.priors) priors.push_back(std::make_shared<const Prior>(load_prior(name, box)));
  return priors;
}

void evolve(EvolveArguments& a) {
  const Interrupt interrupt;
  set_threads(a.threads);
  if (!a.start.empty()) {
    if (a.priors.size() > 1) throw Error("it is given with several priors", "give it with one").at("--start");
    a.experiment.evolution.start = read_npy(a.start).values;
  }
  Experiment experiment(a.out, load_priors(a), a.experiment);
  const std::unique_ptr<Scorer> scorer = a.watched.empty()
                                             ? std::unique_ptr<Scorer>(std::make_unique<JsonLines>(STDIN_FILENO, STDOUT_FILENO))
                                             : std::make_unique<WatchedFolder>(a.watched);
  std::error_code ignored;
  if (!a.watched.empty() && std::filesystem::equivalent(a.watched, a.out, ignored))
    throw Error("it is the output folder", "give another one to exchange pictures and scores through").at("--folder");
  if (experiment.generation() > 0) log_info(fmt::format("going on after {} generations", experiment.generation()));
  Progress progress("evolve", experiment.generations());
  const auto show = [&] {
    double best = experiment.threads().front().generations.back().best;
    for (const ThreadRecord& thread : experiment.threads()) best = std::max(best, thread.generations.back().best);
    progress.update(experiment.generation(), fmt::format("best score {:.4g}", best));
  };
  const bool done = experiment.run(*scorer, show, interrupt.token());
  if (experiment.generation() > 0) write_report(experiment);
  if (!done) throw Interrupted{};
  progress.finish();
  scorer->finish(a.out / "results.json");
  if (!a.watched.empty()) fmt::print("{}\n", (a.out / "index.html").string());
}

}  // namespace

void add_evolve(CLI::App& app) {
  auto a = std::make_shared<EvolveArguments>();
  CLI::App* command =
      app.add_subcommand("evolve", "Search without gradients for pictures that a black box scores highest; the same command goes on");
  command
      ->add_option("--prior", a->priors,
                   "What draws pictures of codes, as for synth; given several times: a population each, whose pictures are shown in turn")
      ->allow_extra_args(false)
      ->capture_default_str();
  command->add_option("--size", a->size, "HxW: size of the pictures, for priors that draw any size")->capture_default_str();
  command->add_option("--optimiser", a->experiment.evolution.optimiser, optimiser_help())->capture_default_str();
  command->add_option("--population", a->experiment.evolution.population, "Pictures of a generation and prior")->capture_default_str();
  command->add_option("--generations", a->experiment.generations, "Generations; more than before go on with a finished search")
      ->capture_default_str();
  command->add_option("--seed", a->experiment.evolution.seed, "Seed of everything random")->capture_default_str();
  command->add_option("--start", a->start,
                      "CODES.npy: codes [n, code] of the first generation (default: those stored with the prior, else random ones)");
  command->add_option("--controls", a->experiment.controls,
                      "Folder of natural pictures to show among the others; their scores steer nothing");
  command->add_option("--controls-shown", a->experiment.controls_shown, "Controls in each generation")->capture_default_str();
  command->add_option(
      "--folder", a->watched,
      "Exchange pictures and scores through this folder: generation-0000/*.png, then generation-0000.csv with lines FILE,SCORE "
      "(default: JSON lines on standard output and input)");
  command->add_option("--threads", a->threads, "Threads (default: all cores)");
  command->add_option("--engine", a->experiment.engine, "Engine: " + engine_choices())->capture_default_str();
  command->add_option("-o,--out", a->out, "Output folder")->required();
  command->callback([a] { evolve(*a); });
}

}  // namespace phosphene

// phosphene bench: the measured table of bench/README.md.
//
//     ms per step and image = median seconds of one search / (steps * batch) * 1000
//     GFLOP/s               = 2 * 2 * multiply-adds of the chained graph / seconds of one step / 1e9   (forward, and backward at the
//     inputs) share of peak         = that / GFLOP/s of one large matrix product in the same precision, measured in the same rounds
#include <filesystem>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/bench_profile.h"
#include "phosphene/cli/bench_train.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/measure.h"
#include "phosphene/cli/options.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/synth/search.h"

namespace phosphene {
namespace {

struct BenchOptions {
  std::string model = "tin200", prior = "builtin";
  MeaningOptions meaning;
  std::string layer;  // empty: the logits
  std::vector<int64_t> batches = {1, 16};
  int64_t steps = 5;
  int repeats = 7;
  int threads = 0;
  bool peer = false, train = false, profile = false;
  int64_t train_batch = 64;
  std::string precision = "bf16";  // of training
};

struct Pair {
  Model network;
  Prior prior;
};

Pair load_pair(const BenchOptions& options) {
  Pair pair;
  pair.network = load_model_with(options.model, options.meaning);
  pair.prior = load_prior(options.prior, input_space(pair.network));
  return pair;
}

// A search of as many jobs as lanes, ready to be run again and again.
struct Runner {
  Precision precision = Precision::kFloat32;
  int64_t batch = 1;
  double work = 0;  // floating-point operations of one step of all lanes
  std::vector<Job> jobs;
  std::unique_ptr<Search> search;
};

Runner make_runner(const Pair& pair, const BenchOptions& options, int64_t batch, Precision precision) {
  Recipe recipe;
  recipe.network = pair.network.name;
  recipe.layer = options.layer.empty() ? pair.network.logits() : find_layer(pair.network, options.layer);
  recipe.steps = options.steps;
  recipe.batch = batch;
  recipe.precision = precision;
  recipe.threads = options.threads;
  const UnitsAt place{recipe.layer, recipe.at, unit_count(pair.network, recipe.layer)};
  recipe.units = "0";
  recipe.seeds.clear();
  for (int64_t lane = 0; lane < batch; ++lane) recipe.seeds.push_back(static_cast<uint64_t>(lane));
  recipe = resolve(recipe, pair.prior, static_cast<size_t>(batch));
  const std::vector<Objective> objectives = parse_objectives(recipe.units, place);

  Runner runner;
  runner.precision = precision;
  runner.batch = batch;
  runner.jobs = make_jobs(objectives, pair.prior, recipe, pair.network);
  runner.search = std::make_unique<Search>(pair.network, pair.prior, recipe, objectives);
  runner.work = 4.0 * static_cast<double>(batch * describe(runner.search->program().graph()).multiply_adds);
  return runner;
}

void bench_search(const BenchOptions& options) {
  const Pair pair = load_pair(options);
  set_threads(options.threads);
  const std::vector<Precision> precisions = {Precision::kFloat32, Precision::kBfloat16};
  std::vector<Peak> peaks;
  std::vector<Runner> runners;
  for (const Precision precision : precisions) {
    peaks.push_back(make_peak(find_engine("onednn"), precision));
    for (const int64_t batch : options.batches) runners.push_back(make_runner(pair, options, batch, precision));
  }

  std::vector<Contestant> contestants;
  for (const Peak& peak : peaks) contestants.push_back({"peak", [&peak] { peak.program->forward(); }});
  for (const Runner& runner : runners) contestants.push_back({"search", [&runner] { runner.search->run(runner.jobs); }});
  log_info(fmt::format("timing {} programs, {} rounds", contestants.size(), options.repeats));
  const std::vector<double> seconds = race(contestants, options.repeats);

  const auto peak_speed = [&](size_t i) { return peaks[i].work / seconds[i] / 1e9; };
  fmt::print("threads {}\n", threads());
  for (size_t i = 0; i < peaks.size(); ++i) fmt::print("peak {:<5} {:>10.1f} GFLOP/s\n", to_string(precisions[i]), peak_speed(i));
  fmt::print("\n{:<9} {:>5} {:>18} {:>10} {:>8}\n", "precision", "batch", "ms/step and image", "GFLOP/s", "of peak");
  for (size_t i = 0; i < runners.size(); ++i) {
    const Runner& runner = runners[i];
    const double step = seconds[peaks.size() + i] / static_cast<double>(options.steps);
    const double speed = runner.work / step / 1e9;
    const double share = speed / peak_speed(runner.precision == precisions[0] ? 0 : 1);
    fmt::print("{:<9} {:>5} {:>18.3f} {:>10.1f} {:>7.0f}%\n", to_string(runner.precision), runner.batch,
               1000 * step / static_cast<double>(runner.batch), speed, 100 * share);
  }
  for (size_t i = 0; options.profile && i < runners.size(); ++i) {
    const size_t peak = runners[i].precision == precisions[0] ? 0 : 1;
    fmt::print("\n{}, batch {}\n", to_string(runners[i].precision), runners[i].batch);
    print_profile(runners[i].search->program(), {.repeats = options.repeats, .peak = peak_speed(peak)});
  }
}

// The same step in PyTorch, in a process of its own, for every batch size.
void bench_peer(const BenchOptions& options) {
  const std::string script = find_peer("search_peer.py");
  const Json json = run_peer(script, fmt::format("--batch {} --threads {}", fmt::join(options.batches, ","), threads()));
  fmt::print("\nPyTorch {}, {} threads, {} BLAS, f32\n", json.at("torch").get<std::string>(), json.at("threads").get<int>(),
             json.at("blas").get<std::string>());
  for (const auto& [batch, milliseconds] : json.at("milliseconds").items())
    fmt::print("{:<9} {:>5} {:>18.3f}\n", "f32", batch, milliseconds.get<double>());
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure the speed of a search, and what the machine can do at best");
  command->add_option("MODEL", options->model, "The network, as for synth")->capture_default_str();
  command->add_option("--prior", options->prior, "The generator, as for synth")->capture_default_str();
  command->add_option("--layer", options->layer, "Layer of the unit (default: the logits)");
  command->add_option("--preprocess", options->meaning.preprocess, kPreprocessHelp);
  command->add_option("--batch", options->batches, "Batch sizes")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--steps", options->steps, "Steps in one timed search")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--repeats", options->repeats, "Rounds; the median counts")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--threads", options->threads, "Threads (0: all cores)")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_flag("--peer", options->peer, "Also time the same step in PyTorch (Debian's python3-torch)");
  command->add_flag("--profile", options->profile, "Also print where the time of a step goes");
  command->add_flag("--train", options->train, "Time the generator's training step instead of the search");
  command->add_option("--train-batch", options->train_batch, "Pictures in a training step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--precision", options->precision, "Of training: f32 or bf16")->capture_default_str();
  command->callback([options] {
    if (options->train) {
      set_threads(options->threads);
      return bench_train({.batch = options->train_batch,
                          .steps = options->steps,
                          .precision = parse_precision(options->precision),
                          .repeats = options->repeats,
                          .peer = options->peer});
    }
    if (options->peer) find_peer("search_peer.py");  // its absence is told before the minutes of measuring
    bench_search(*options);
    if (options->peer) bench_peer(*options);
  });
}

}  // namespace phosphene

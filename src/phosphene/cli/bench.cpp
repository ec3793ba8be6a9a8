// phosphene bench: the measured table of bench/README.md.
//
//     ms per step and image = median seconds of one search / (steps * batch) * 1000
//     GFLOP/s               = 2 * 2 * multiply-adds of the chained graph / seconds of one step / 1e9   (forward, and backward at the
//     inputs) share of peak         = that / GFLOP/s of one large matrix product in the same precision, measured in the same rounds
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/bench_profile.h"
#include "phosphene/cli/bench_train.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/measure.h"
#include "phosphene/cli/options.h"
#include "phosphene/model/describe.h"
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
  std::vector<std::string> precisions;  // empty: f32 and bf16 for a search, bf16 for training
  std::string peer_pair = "embedded";
};

struct Pair {
  Model network;
  Prior prior;
};

Pair load_pair(const BenchOptions& options) {
  Pair pair;
  pair.network = load_model_with(options.model, options.meaning);
  pair.prior = load_prior(options.prior, input_space(pair.network), {.random_weights = options.meaning.random_weights});
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

// What PyTorch takes for the same step, by batch size, in seconds of every round.
struct PeerTimes {
  std::map<std::string, std::vector<double>> frozen, plain;  // frozen: the faster of its two memory layouts
  std::string name;
  double peak_bytes = 0;

  void add_round(const BenchOptions& options, const std::string& script) {
    const auto measure = [&](const std::string& how) {
      return run_peer(script, fmt::format("--pair {} --batch {} --threads {} --steps {} {}", options.peer_pair,
                                          fmt::join(options.batches, ","), threads(), options.steps, how));
    };
    const Json first = measure(""), last = measure("--channels-last"), plain_json = measure("--plain");
    name = fmt::format("PyTorch {} ({} BLAS)", first.at("torch").get<std::string>(), first.at("blas").get<std::string>());
    peak_bytes = std::max(peak_bytes, first.at("peak_bytes").get<double>());
    for (const int64_t batch : options.batches) {
      const std::string key = std::to_string(batch);
      const auto of = [&](const Json& json) { return json.at("milliseconds").at(key).get<double>(); };
      frozen[key].push_back(std::min(of(first), of(last)));
      plain[key].push_back(of(plain_json));
    }
  }
};

void bench_search(const BenchOptions& options) {
  const std::string script = options.peer ? find_peer("search_peer.py") : "";  // its absence is told before the minutes of measuring
  const Pair pair = load_pair(options);
  std::vector<Precision> precisions;
  for (const std::string& text : options.precisions) precisions.push_back(parse_precision(text));
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
  std::vector<std::vector<double>> rounds(contestants.size());
  PeerTimes peer;
  for (int round = 0; round < options.repeats; ++round) {
    const std::vector<double> seconds = race(contestants, 1);
    for (size_t i = 0; i < seconds.size(); ++i) rounds[i].push_back(seconds[i]);
    if (options.peer) peer.add_round(options, script);
  }
  std::vector<double> seconds;
  for (const auto& times : rounds) seconds.push_back(median(times));

  const auto peak_of = [&](const Runner& runner) {
    const auto i = static_cast<size_t>(std::find(precisions.begin(), precisions.end(), runner.precision) - precisions.begin());
    return peaks[i].work / seconds[i] / 1e9;
  };
  fmt::print("{} threads, {} through {}, {}\n", threads(), pair.network.name, pair.prior.name, peer.name.empty() ? "no peer" : peer.name);
  for (size_t i = 0; i < peaks.size(); ++i)
    fmt::print("peak {:<5} {:>10.1f} GFLOP/s\n", to_string(precisions[i]), peaks[i].work / seconds[i] / 1e9);
  fmt::print("\n{:<9} {:>5} {:>14} {:>9} {:>8} {:>8}", "precision", "batch", "ms/step/image", "GFLOP/s", "of peak", "MiB");
  if (options.peer) fmt::print(" {:>14} {:>7} {:>14} {:>7}", "PyTorch frozen", "ratio", "PyTorch plain", "ratio");
  fmt::print("\n");
  for (size_t i = 0; i < runners.size(); ++i) {
    const Runner& runner = runners[i];
    const double step = seconds[peaks.size() + i] / static_cast<double>(options.steps), speed = runner.work / step / 1e9;
    const double milliseconds = 1000 * step / static_cast<double>(runner.batch);
    fmt::print("{:<9} {:>5} {:>14.3f} {:>9.1f} {:>7.0f}% {:>8}", to_string(runner.precision), runner.batch, milliseconds, speed,
               100 * speed / peak_of(runner), runner.search->program().bytes() >> 20);
    if (options.peer) {
      const std::string key = std::to_string(runner.batch);
      const double frozen = median(peer.frozen.at(key)), plain = median(peer.plain.at(key));
      fmt::print(" {:>14.2f} {:>6.1f}x {:>14.2f} {:>6.1f}x", frozen, frozen / milliseconds, plain, plain / milliseconds);
    }
    fmt::print("\n");
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak resident memory: {} MiB for all programs above", usage.ru_maxrss >> 10);
  if (options.peer) fmt::print("; PyTorch frozen {:.0f} MiB", peer.peak_bytes / (1 << 20));
  fmt::print("\n");
  for (size_t i = 0; options.profile && i < runners.size(); ++i) {
    fmt::print("\n{}, batch {}\n", to_string(runners[i].precision), runners[i].batch);
    print_profile(runners[i].search->program(), {.repeats = options.repeats, .peak = peak_of(runners[i])});
  }
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure the speed of a search, and what the machine can do at best");
  command->add_option("MODEL", options->model, "The network, as for synth")->capture_default_str();
  command->add_option("--prior", options->prior, "The generator, as for synth")->capture_default_str();
  command->add_option("--layer", options->layer, "Layer of the unit (default: the logits)");
  add_meaning_options(*command, options->meaning);
  command->add_option("--batch", options->batches, "Batch sizes")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--steps", options->steps, "Steps in one timed search")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--repeats", options->repeats, "Rounds; the median counts")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--threads", options->threads, "Threads (0: all cores)")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_flag("--peer", options->peer, "Also time the same step in PyTorch (Debian's python3-torch), in turn with ours");
  command
      ->add_option("--peer-pair", options->peer_pair,
                   "The pair of bench/peers/search_peer.py that is the same: embedded, original, resnet50 ...")
      ->capture_default_str();
  command->add_flag("--profile", options->profile, "Also print where the time of a step goes");
  command->add_flag("--train", options->train, "Time the generator's training step instead of the search");
  command->add_option("--train-batch", options->train_batch, "Pictures in a training step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--precision", options->precisions, "f32, bf16 (default: both; for --train bf16)")->delimiter(',');
  command->callback([options] {
    set_threads(options->threads);
    if (options->train) {
      return bench_train({.batch = options->train_batch,
                          .steps = options->steps,
                          .precision = parse_precision(options->precisions.empty() ? "bf16" : options->precisions.front()),
                          .repeats = options->repeats,
                          .peer = options->peer});
    }
    if (options->precisions.empty()) options->precisions = {"f32", "bf16"};
    bench_search(*options);
  });
}

}  // namespace phosphene

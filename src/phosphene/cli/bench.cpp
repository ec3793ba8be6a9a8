// phosphene bench: the measured table of bench/README.md.
//
//     ms per step and image = median seconds of one search / (steps * batch) * 1000
//     GFLOP/s               = 2 * 2 * multiply-adds of the chained graph / seconds of one step / 1e9   (forward, and backward at inputs)
//     share of peak         = that / GFLOP/s of the better of a large matrix product and a large convolution, measured in the same rounds
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
#include "phosphene/engine/program.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/search.h"

namespace phosphene {
namespace {

struct BenchOptions {
  std::string model = "tin200", prior = "builtin";
  MeaningOptions meaning;
  std::string layer;  // empty: the logits
  std::string engine = "onednn";
  std::vector<int64_t> batches = {1, 16};
  int64_t steps = 5;
  int repeats = 7;
  int threads = 0;
  bool peer = false, train = false, profile = false;
  int64_t train_batch = 64;
  std::vector<std::string> precisions;  // empty: f32 and bf16 for a search, bf16 for training, where the processor multiplies it
  std::string peer_pair = "embedded", json;
};

struct Pair {
  Model network;
  Prior prior;
};

Pair load_pair(const BenchOptions& options) {
  Pair pair;
  pair.network = load_model_with(options.model, options.meaning);
  pair.prior = load_prior(options.prior, pair.network, {.random_weights = options.meaning.random_weights});
  return pair;
}

// A search of as many jobs as lanes, ready to be run again and again.
struct Runner {
  Precision precision = Precision::kFloat32;
  int64_t batch = 1;
  double work = 0;  // floating-point operations of one step of all lanes
  std::unique_ptr<JobList> jobs;
  std::unique_ptr<CompiledSearch> search;

  void run() const {
    search->run([this, next = size_t{0}]() mutable { return next < jobs->size() ? std::optional(jobs->make(next++)) : std::nullopt; }, {});
  }
};

Runner make_runner(const Pair& pair, const BenchOptions& options, int64_t batch, Precision precision) {
  Recipe recipe;
  recipe.network = pair.network.name;
  recipe.layer = options.layer.empty() ? pair.network.logits() : find_layer(pair.network, options.layer);
  recipe.steps = options.steps;
  recipe.batch = batch;
  recipe.engine = options.engine;
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
  runner.jobs = std::make_unique<JobList>(objectives, pair.prior, recipe, pair.network);
  runner.search =
      std::make_unique<CompiledSearch>(pair.network, pair.prior, shape_of(layers_of(objectives), recipe, runner.jobs->settings()));
  runner.work = 4.0 * static_cast<double>(batch * describe(runner.search->program().graph()).multiply_adds);
  return runner;
}

// What PyTorch takes for the same step, by precision and batch size: milliseconds of every round, and resident bytes.
struct PeerTimes {
  using Key = std::pair<std::string, std::string>;
  // On a CPU: frozen, the faster of its two memory layouts, and plain. On a GPU: compiled and eager.
  std::map<Key, std::vector<double>> best, plain;
  std::map<std::string, double> best_bytes, plain_bytes;  // by batch size; of the two layouts the smaller; not on a GPU
  std::string name;

  void add_round(const BenchOptions& options, const std::string& script) {
    const auto measure = [&](const std::vector<std::string>& how) {
      std::vector<std::string> arguments = {
          "--pair",    options.peer_pair,         "--batch", fmt::format("{}", fmt::join(options.batches, ",")),
          "--threads", std::to_string(threads()), "--steps", std::to_string(options.steps)};
      arguments.insert(arguments.end(), how.begin(), how.end());
      return run_peer(script, arguments);
    };
    const Json first = measure({}), last = measure({"--channels-last"}), plain_json = measure({"--plain"});
    name = fmt::format("PyTorch {} ({} BLAS)", first.at("torch").get<std::string>(), first.at("blas").get<std::string>());
    for (const int64_t batch : options.batches) {
      const std::string key = std::to_string(batch);
      const auto of = [&](const Json& json, const char* what) { return json.at(what).at(key).get<double>(); };
      for (const std::string& precision : options.precisions) {  // it computes in float32 alone
        best[{precision, key}].push_back(std::min(of(first, "milliseconds"), of(last, "milliseconds")));
        plain[{precision, key}].push_back(of(plain_json, "milliseconds"));
      }
      const auto keep_least = [&](std::map<std::string, double>& bytes, double seen) {
        bytes[key] = bytes.contains(key) ? std::min(bytes[key], seen) : seen;
      };
      keep_least(best_bytes, std::min(of(first, "peak_bytes"), of(last, "peak_bytes")));
      keep_least(plain_bytes, of(plain_json, "peak_bytes"));
    }
  }

  void add_cuda_round(const BenchOptions& options, const std::string& script) {
    const Json json = run_peer(script, {"--pair", options.peer_pair, "--batch", fmt::format("{}", fmt::join(options.batches, ",")),
                                        "--precision", fmt::format("{}", fmt::join(options.precisions, ","))});
    name = fmt::format("PyTorch {} on {}", json.at("torch").get<std::string>(), json.at("device").get<std::string>());
    for (const auto& [precision, batches] : json.at("milliseconds").items())
      for (const auto& [batch, ways] : batches.items()) {
        best[{precision, batch}].push_back(ways.at("compiled").get<double>());
        plain[{precision, batch}].push_back(ways.at("eager").get<double>());
      }
  }
};

// One line of the table.
struct Row {
  std::string precision;
  int64_t batch = 1;
  double milliseconds = 0, speed = 0, share = 0, mebibytes = 0;
  double best = 0, plain = 0, best_mebibytes = 0, plain_mebibytes = 0;  // the peer's; 0 without one

  Json to_json() const {
    return {{"precision", precision},
            {"batch", batch},
            {"milliseconds", milliseconds},
            {"gflops", speed},
            {"of_peak", share},
            {"mib", mebibytes},
            {"peer_best_milliseconds", best},
            {"peer_plain_milliseconds", plain},
            {"peer_best_mib", best_mebibytes},
            {"peer_plain_mib", plain_mebibytes}};
  }
};

// best, plain: what the peer's ways are called; empty without a peer.
void print_rows(const std::vector<Row>& rows, const std::string& best, const std::string& plain) {
  fmt::print("\n{:<9} {:>5} {:>14} {:>9} {:>8} {:>8}", "precision", "batch", "ms/step/image", "GFLOP/s", "of peak", "MiB");
  if (!best.empty()) fmt::print(" {0:>16} {1:>7} {2:>8} {1:>7} {3:>16} {1:>7} {2:>8} {1:>7}", best, "ratio", "MiB", plain);
  fmt::print("\n");
  const auto known = [](const std::string& text, double value) { return value > 0 ? text : "-"; };
  for (const Row& row : rows) {
    fmt::print("{:<9} {:>5} {:>14.3f} {:>9.1f} {:>8} {:>8}", row.precision, row.batch, row.milliseconds, row.speed,
               known(fmt::format("{:.0f}%", 100 * row.share), row.share), known(fmt::format("{:.0f}", row.mebibytes), row.mebibytes));
    for (const auto& [milliseconds, mebibytes] : {std::pair{row.best, row.best_mebibytes}, std::pair{row.plain, row.plain_mebibytes}})
      if (!best.empty())
        fmt::print(" {:>16.3f} {:>6.1f}x {:>8} {:>7}", milliseconds, milliseconds / row.milliseconds,
                   known(fmt::format("{:.0f}", mebibytes), mebibytes), known(fmt::format("{:.2f}x", mebibytes / row.mebibytes), mebibytes));
    fmt::print("\n");
  }
}

void bench_search(const BenchOptions& options) {
  const bool cuda = options.engine == "torch:cuda";
  const std::string script = options.peer ? find_peer(cuda ? "search_peer_cuda.py" : "search_peer.py", cuda)
                                          : "";  // its absence is told before the minutes of measuring
  std::vector<Precision> precisions;
  for (const std::string& text : options.precisions) precisions.push_back(parse_precision(text));
  std::vector<int64_t> bytes;  // each row in a process of its own, before this one has threads; on a GPU the host's would say nothing
  for (const Precision precision : precisions)
    for (const int64_t batch : options.batches)
      if (cuda)
        bytes.push_back(0);
      else
        bytes.push_back(resident_bytes_of([&] {
          Runner runner = make_runner(load_pair(options), options, batch, precision);
          runner.run();
        }));

  const Pair pair = load_pair(options);
  std::vector<std::vector<Peak>> peaks;
  std::vector<Runner> runners;
  MemoryCopy copy;
  for (const Precision precision : precisions) {
    // On a GPU the way of their inputs to the device would be all that they measure.
    peaks.push_back(cuda ? std::vector<Peak>() : make_peaks(find_engine(options.engine), precision));
    for (const int64_t batch : options.batches) runners.push_back(make_runner(pair, options, batch, precision));
  }
  std::vector<Contestant> contestants;
  for (const Runner& runner : runners) contestants.push_back({"search", [&runner] { runner.run(); }});
  for (const auto& of_precision : peaks)
    for (const Peak& peak : of_precision) contestants.push_back({peak.name, [&peak] { peak.program->forward(); }});
  contestants.push_back({"copy", [&copy] { copy.run(); }});
  log_info(fmt::format("timing {} programs, {} rounds", contestants.size(), options.repeats));
  std::vector<std::vector<double>> rounds(contestants.size());
  PeerTimes peer;
  for (int round = 0; round < options.repeats; ++round) {
    const std::vector<double> seconds = race(contestants, 1);
    for (size_t i = 0; i < seconds.size(); ++i) rounds[i].push_back(seconds[i]);
    if (options.peer) cuda ? peer.add_cuda_round(options, script) : peer.add_round(options, script);
  }
  std::vector<double> seconds;
  for (const auto& times : rounds) seconds.push_back(median(times));

  fmt::print("{}, {} threads, {} through {}, {}\n", options.engine, threads(), pair.network.name, pair.prior.name,
             peer.name.empty() ? "no peer" : peer.name);
  std::map<Precision, double> best;  // GFLOP/s
  Json told = Json::array();
  size_t next = runners.size();
  for (size_t i = 0; i < peaks.size(); ++i)
    for (const Peak& peak : peaks[i]) {
      const double speed = peak.work / seconds[next++] / 1e9;
      best[precisions[i]] = std::max(best[precisions[i]], speed);
      fmt::print("peak {:<5} {:<12} {:>8.1f} GFLOP/s\n", to_string(precisions[i]), peak.name, speed);
      told.push_back({{"precision", to_string(precisions[i])}, {"name", peak.name}, {"gflops", speed}});
    }
  const double copied = static_cast<double>(copy.bytes) / seconds.back() / 1e9;
  fmt::print("memory copy {:>16.1f} GB/s\n", copied);

  constexpr double kMebi = 1 << 20;
  std::vector<Row> rows;
  for (size_t i = 0; i < runners.size(); ++i) {
    const Runner& runner = runners[i];
    const double step = seconds[i] / static_cast<double>(options.steps), speed = runner.work / step / 1e9;
    Row row{to_string(runner.precision), runner.batch};
    row.milliseconds = 1000 * step / static_cast<double>(runner.batch);
    row.speed = speed;
    row.share = cuda ? 0 : speed / best.at(runner.precision);
    row.mebibytes = static_cast<double>(bytes[i]) / kMebi;
    if (options.peer) {
      const PeerTimes::Key key{row.precision, std::to_string(runner.batch)};
      row.best = median(peer.best.at(key));
      row.plain = median(peer.plain.at(key));
      row.best_mebibytes = cuda ? 0 : peer.best_bytes.at(key.second) / kMebi;
      row.plain_mebibytes = cuda ? 0 : peer.plain_bytes.at(key.second) / kMebi;
    }
    rows.push_back(row);
  }
  print_rows(rows, !options.peer ? "" : cuda ? "PyTorch compiled" : "PyTorch frozen", cuda ? "PyTorch eager" : "PyTorch plain");
  if (!options.json.empty()) {
    Json lines = Json::array();
    for (const Row& row : rows) lines.push_back(row.to_json());
    const Json json{{"peer", peer.name}, {"peaks", told}, {"copy_gbs", copied}, {"rows", lines}};
    write_json(options.json, json);
  }
  for (size_t i = 0; options.profile && i < runners.size(); ++i) {
    fmt::print("\n{}, batch {}\n", to_string(runners[i].precision), runners[i].batch);
    print_profile(runners[i].search->program(), {.repeats = options.repeats, .peak = best[runners[i].precision]});
  }
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure the speed of a search, and the best that the machine can do");
  command->add_option("MODEL", options->model, "The network, as for synth")->capture_default_str();
  command->add_option("--prior", options->prior, "The generator, as for synth")->capture_default_str();
  command->add_option("--layer", options->layer, "Layer of the unit (default: the logits)");
  add_meaning_options(*command, options->meaning);
  command->add_option("--engine", options->engine, "Engine: " + engine_choices())->capture_default_str();
  command->add_option("--batch", options->batches, "Batch sizes")->delimiter(',')->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--steps", options->steps, "Steps in one timed search")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--repeats", options->repeats, "Rounds; the median counts")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--threads", options->threads, "Threads (0: all cores)")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_flag("--peer", options->peer, "Also time the same step in PyTorch (of $PYTHON, else of /usr/bin/python3), in turn");
  command
      ->add_option("--peer-pair", options->peer_pair,
                   "Pair that PyTorch runs: embedded, original, or a network of torchvision (resnet50 ...)")
      ->capture_default_str();
  command->add_option("--json", options->json, "Also write the table to this file");
  command->add_flag("--profile", options->profile, "Also print where the time of a step goes");
  command->add_flag("--train", options->train, "Time the generator's training step instead of the search");
  command->add_option("--train-batch", options->train_batch, "Pictures in a training step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--precision", options->precisions,
                   "f32, bf16 (default: both, with --train bf16; only f32 if the processor does not multiply bf16)")
      ->delimiter(',');
  command->callback([options] {
    set_threads(options->threads);
    if (options->train) {
      if (options->peer && options->engine == "torch:cuda")
        throw CLI::ValidationError("--peer", "with --train its PyTorch runs on the CPU: leave out --peer or --engine");
      return bench_train({.batch = options->train_batch,
                          .steps = options->steps,
                          .engine = options->engine,
                          .precision = parse_precision(options->precisions.empty() ? "auto" : options->precisions.front()),
                          .repeats = options->repeats,
                          .peer = options->peer});
    }
    if (options->precisions.empty()) {
      options->precisions = {"f32"};
      if (parse_precision("auto") == Precision::kBfloat16) options->precisions.push_back("bf16");
    }
    for (std::string& precision : options->precisions) precision = to_string(parse_precision(precision));
    bench_search(*options);
  });
}

}  // namespace phosphene

// 8, 16, 32, 64 lanes in turn, as long as a doubling saves at least 3 % of the time of a step and image, and memory allows it.
#include "phosphene/synth/lanes.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "phosphene/base/cache_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/median.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/version.h"
#include "phosphene/model/inputs.h"

namespace phosphene {

namespace {

constexpr int64_t kFewest = 8, kMost = 64;
constexpr int64_t kWorthMeasuring = 20'000;  // iterations of jobs; measuring costs about 500
constexpr double kGain = 0.97;
constexpr int kRounds = 3;

std::filesystem::path cache_file() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "lanes.json";
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line;
  return "";
}

// What the measurement depends on.
std::string key_of(const Model& network, const Prior& prior, const Recipe& recipe, const JobList& jobs) {
  std::string text = fmt::format("{} {} {} {} {} {} {} {}", kVersion, network.hash, prior.name, prior.hash, recipe.engine,
                                 to_string(recipe.precision), threads(), processor());
  for (const std::string& layer : jobs.objectives().front().layers()) text += " " + layer;
  if (recipe.views) text += " views " + *recipe.views;
  return sha256(text).substr(0, 16);
}

Json read_cache(const std::filesystem::path& file) {
  std::error_code ignored;
  if (file.empty() || !std::filesystem::exists(file, ignored)) return Json::object();
  try {
    Json json = read_json(file);
    return json.is_object() ? json : Json::object();
  } catch (const Error&) {
    return Json::object();  // it is only a cache
  }
}

void write_cache(const std::filesystem::path& file, const Json& json) {
  if (file.empty()) return;
  try {
    make_output_folder(file.parent_path());
    write_json(file, json);
  } catch (const Error&) {
  }
}

struct Cost {
  double seconds = 0;  // of one step and image
  int64_t bytes = 0;
};

Cost cost_of(const Model& network, const Prior& prior, Recipe recipe, Job job, int64_t lanes) {
  constexpr int64_t kSteps = 2;
  recipe.batch = lanes;
  recipe.steps = kSteps;
  recipe.patience = 0;
  job.settings = std::make_shared<SearchSettings>(settings_of(recipe, prior));
  CompiledSearch search(network, prior, shape_of(job.objective.layers(), recipe, *job.settings));
  const auto run = [&] { search.run([&, left = lanes]() mutable { return left-- > 0 ? std::optional(job) : std::nullopt; }, {}); };
  run();  // the first run lays out weights
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    seconds.push_back(taken.count() / static_cast<double>(lanes * kSteps));
  }
  return {median(seconds), search.program().bytes()};
}

int64_t measure_lanes(const Model& network, const Prior& prior, const Recipe& recipe, const JobList& jobs) {
  const int64_t memory = static_cast<int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  int64_t best = kFewest;
  Cost cost = cost_of(network, prior, recipe, jobs.make(0), best);
  for (int64_t lanes = 2 * kFewest; lanes <= kMost && lanes <= static_cast<int64_t>(jobs.size()); lanes *= 2) {
    if (2 * cost.bytes > memory / 2) break;
    const Cost next = cost_of(network, prior, recipe, jobs.make(0), lanes);
    if (next.seconds > kGain * cost.seconds) break;
    best = lanes;
    cost = next;
  }
  log_info(fmt::format("{} pictures at once cost the least here: {:.3g} ms a step and picture", best, 1000 * cost.seconds));
  return best;
}

}  // namespace

int64_t even_lanes(size_t jobs, int64_t most) {
  const auto count = std::max<int64_t>(1, static_cast<int64_t>(jobs));
  const int64_t rounds = (count + most - 1) / most;
  return (count + rounds - 1) / rounds;
}

int64_t choose_lanes(const Model& network, const Prior& prior, const Recipe& recipe, const JobList& jobs) {
  if (possible_batch(network.graph, kFewest) < kFewest) return 1;
  const auto count = static_cast<int64_t>(jobs.size());
  if (count <= kDefaultLanes || count * *with_defaults(recipe, prior).steps < kWorthMeasuring || network.hash.empty())
    return even_lanes(jobs.size(), kDefaultLanes);
  const std::filesystem::path file = cache_file();
  Json cache = read_cache(file);
  const std::string key = key_of(network, prior, recipe, jobs);
  int64_t lanes = 0;
  if (const auto known = cache.find(key); known != cache.end() && known->is_number_integer()) lanes = known->get<int64_t>();
  if (lanes < kFewest || lanes > kMost) {
    lanes = measure_lanes(network, prior, recipe, jobs);
    cache[key] = lanes;
    write_cache(file, cache);
  }
  return even_lanes(jobs.size(), lanes);
}

}  // namespace phosphene

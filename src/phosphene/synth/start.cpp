#include "phosphene/synth/start.h"

#include <algorithm>
#include <filesystem>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/synth/encoder.h"

namespace phosphene {

namespace {

FillStart start_at_zero(const StartRequest&) {
  return [](const JobName&, size_t, std::span<float>) {};
}

FillStart start_from_normal(const StartRequest&) {
  return [](const JobName& job, size_t, std::span<float> code) {
    Rng(job.seed, "init", static_cast<uint64_t>(job.objective.terms.front().unit)).fill_normal(code);
  };
}

FillStart start_from_image(const StartRequest& request) {
  return [start = code_of_image(request.prior, request.network, request.argument, request.recipe.engine)](
             const JobName&, size_t, std::span<float> code) { std::ranges::copy(start, code.begin()); };
}

// One row for all jobs, one a seed, or one a job.
FillStart start_from_file(const StartRequest& request) {
  const std::string& file = request.argument;
  Array array = read_npy(file);
  const auto size = static_cast<size_t>(request.prior.code_size);
  const size_t seeds = request.recipe.seeds.size(), jobs = request.objectives.size() * seeds, rows = array.values.size() / size;
  const bool flat = array.values.size() == size;
  const bool by_row = !array.shape.empty() && static_cast<size_t>(array.shape[0]) == rows && rows * size == array.values.size();
  if (!flat && !by_row)
    throw Error(fmt::format("{} > codes of {} values were expected", file, size),
                "give an array [code] or [n, code] of the prior's code size");
  if (rows != 1 && rows != jobs && rows != seeds)
    throw Error(fmt::format("{} > it has {} codes for {} jobs", file, rows, jobs), "give one code, one a seed or one a job");
  return [=, codes = std::move(array.values)](const JobName&, size_t number, std::span<float> code) {
    const size_t row = rows == 1 ? 0 : rows == seeds ? number % seeds : number;
    std::copy_n(codes.begin() + static_cast<std::ptrdiff_t>(row * size), size, code.begin());
  };
}

constexpr Start kStarts[] = {
    {"zero", nullptr, false, false, false, "the zero code", start_at_zero},
    {"normal", nullptr, false, false, false, "random values of deviation 1", start_from_normal},
    {"spectrum", "DEVIATION", false, false, false, "1/f noise over the code's grid (0.5)", start_from_spectrum},
    {"bank", "random", false, false, false, "codes stored with the prior: seed s takes the unit's s-th best, with random any",
     start_from_bank},
    {"image", "FILE", true, true, false, "the code that the prior's encoder gives a JPEG or PNG", start_from_image},
    {"CODES.npy", nullptr, false, true, true, "an array [code] or [n, code], taken as it is", start_from_file},
};

}  // namespace

std::span<const Start> all_starts() { return kStarts; }

FoundStart find_start(const std::string& init) {
  const size_t colon = init.find(':');
  const std::string name = init.substr(0, colon), argument = colon == std::string::npos ? "" : init.substr(colon + 1);
  const std::span<const Start> starts = all_starts();
  const auto found = std::ranges::find_if(starts, [&](const Start& start) { return name == start.name; });
  std::error_code ignored;
  if (found == starts.end() || found == std::prev(starts.end())) {
    if (init.ends_with(".npy") || std::filesystem::is_regular_file(init, ignored)) return {&starts.back(), init};
    std::string names;
    for (const Start& start : starts) names += fmt::format("{}{}", names.empty() ? "" : ", ", start.name);
    throw Error(fmt::format("init \"{}\" is not known", init), fmt::format("give one of {}", names));
  }
  if (found->needs_argument && argument.empty())
    throw Error(fmt::format("init {} needs more", found->name), fmt::format("write {}:{}", found->name, found->argument));
  if (!found->argument && colon != std::string::npos) throw Error(fmt::format("init {} takes no \"{}\"", name, argument), "leave it out");
  return {&*found, argument};
}

}  // namespace phosphene

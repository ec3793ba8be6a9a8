// Rows of an array [code] or [n, code]: one for all jobs, one a seed, or one a job.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

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

}  // namespace

extern const Start kFileStart = {.name = "CODES.npy",
                                 .reads_file = true,
                                 .given = true,
                                 .about = "an array [code] or [n, code], taken as it is",
                                 .prepare = start_from_file};

}  // namespace phosphene

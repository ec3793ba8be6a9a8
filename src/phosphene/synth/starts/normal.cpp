// y ~ N(0, 1) from Rng(seed, "init", unit).
#include "phosphene/base/rng.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

FillStart start_from_normal(const StartRequest&) {
  return [](const JobName& job, size_t, std::span<float> code) {
    Rng(job.seed, "init", static_cast<uint64_t>(job.objective.terms.front().unit)).fill_normal(code);
  };
}

}  // namespace

extern const Start kNormalStart = {.name = "normal", .about = "random values of deviation 1", .prepare = start_from_normal};

}  // namespace phosphene

#include "phosphene/synth/lane.h"

#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr double kRise = 1e-3;

}  // namespace

void Lane::look(double activation) {
  result.activations.push_back(activation);
  if (risen_ < 0 || activation > highest_ + kRise * std::fabs(highest_)) {
    highest_ = activation;
    risen_ = step;
  }
  const int64_t patience = settings().patience;
  const bool spent = patience > 0 && step - risen_ >= patience;
  ends = last || (spent && !views());
  last |= spent;
}

bool Lane::settle(double size) {
  const auto error = [&](const std::string& what, const char* todo) {
    return Error(fmt::format("unit {}, seed {} > {}", result.objective.name, result.seed, what), todo);
  };
  if (!std::isfinite(result.activations.back()) || !std::isfinite(size))
    throw error(fmt::format("activation or gradient is not finite at step {}", step),
                "lower --lr, keep the bounds, or use --precision f32");
  if (size != 0) return false;
  if (step == 0 && !ends)
    throw error("its gradient is zero at the start, so nothing was searched",
                "give another --seeds or --init, or the layer before its activation");
  result.stopped = true;
  last = true;
  const bool late = !ends && !views();
  ends |= late;
  return late;
}

bool Lane::end_step(std::span<const float> code) {
  ++step;
  const int64_t times = ends ? settings().steps() - step + 1 : 1;  // after an early end the code repeats
  for (int64_t i = 0; i < times; ++i) result.codes.insert(result.codes.end(), code.begin(), code.end());
  return ends;
}

}  // namespace phosphene

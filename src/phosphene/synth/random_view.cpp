// A place between two rows takes from both, linearly; one outside, from the nearest.
#include "phosphene/synth/random_view.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"

namespace phosphene {

namespace {

struct Resampling {
  double scale = 1, shift = 0;
};

void fill(std::span<float> matrix, int64_t size, const Resampling& resampling) {
  PHOSPHENE_CHECK_EQ(matrix.size(), static_cast<size_t>(size * size));
  std::ranges::fill(matrix, 0.0f);
  const double centre = static_cast<double>(size - 1) / 2;
  for (int64_t i = 0; i < size; ++i) {
    const double wanted = (static_cast<double>(i) - centre) / resampling.scale + centre + resampling.shift;
    const double place = std::clamp(wanted, 0.0, static_cast<double>(size - 1));
    const auto below = std::min(static_cast<int64_t>(place), size - 1), above = std::min(below + 1, size - 1);
    const double part = place - static_cast<double>(below);
    matrix[static_cast<size_t>(i * size + below)] += static_cast<float>(1 - part);
    matrix[static_cast<size_t>(i * size + above)] += static_cast<float>(part);
  }
}

}  // namespace

void draw_view(const RandomView& view, const ViewOf& of, const ViewInputs& inputs) {
  Resampling down, across;
  const auto step = static_cast<uint64_t>(of.step);
  if (!of.last) {
    Rng random(of.seed, "view", step);
    down.scale = across.scale = random.uniform(view.views.smallest, view.views.largest);
    const double shift = std::max(view.views.shift, (1 - 1 / down.scale) / 2);
    down.shift = random.uniform(-shift, shift) * static_cast<double>(view.height);
    across.shift = random.uniform(-shift, shift) * static_cast<double>(view.width);
  }
  fill(inputs.rows, view.height, down);
  fill(inputs.columns, view.width, across);
  if (view.noise.empty()) return;
  if (of.last)
    std::ranges::fill(inputs.noise, 0.0f);
  else
    Rng(of.seed, "noise", step).fill_normal(inputs.noise, static_cast<float>(view.views.noise));
}

}  // namespace phosphene

#include "phosphene/synth/random_view.h"

#include <algorithm>

#include "phosphene/base/rng.h"
#include "phosphene/synth/resampling.h"

namespace phosphene {

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
  write_resampling(inputs.rows, view.height, down);
  write_resampling(inputs.columns, view.width, across);
  if (view.noise.empty()) return;
  if (of.last)
    std::ranges::fill(inputs.noise, 0.0f);
  else
    Rng(of.seed, "noise", step).fill_normal(inputs.noise, static_cast<float>(view.views.noise));
}

}  // namespace phosphene

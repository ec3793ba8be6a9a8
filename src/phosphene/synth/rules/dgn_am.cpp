// The published rule of DGN-AM (arXiv 1605.09304, the authors' program):
//
//     y <- decay * clip(y + s * g / mean|g|, lower, upper)
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

void move_dgn_am(AscentStep& step) {
  const Values g = step.gradient();
  step.move(step.size() / mean_size(g) * g);
}

}  // namespace

extern const Rule kDgnAm = {
    .name = "dgn-am",
    .about = "gradient over its mean size, then bounds and decay (Nguyen et al. 2016)",
    .move = move_dgn_am,
};

}  // namespace phosphene

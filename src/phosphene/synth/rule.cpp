#include "phosphene/synth/rule.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr Rule kRules[] = {
    {"dgn-am", "gradient over its mean size, then bounds and decay (Nguyen et al. 2016)", 0, 0, update_dgn_am, AscentOptions::Kind::kMean},
    {"momentum", "the same with the mean of gradients (momentum 0.9; Cutkosky and Mehta 2020)", 1, 0, update_momentum,
     AscentOptions::Kind::kMomentum},
    {"adam", "Adam, then the same bounds and decay", 2, 20, update_adam, AscentOptions::Kind::kAdam},
};

}  // namespace

std::span<const Rule> all_rules() { return kRules; }

const Rule& find_rule(const std::string& name) {
  std::string names;
  for (const Rule& rule : kRules) {
    if (name == rule.name) return rule;
    names += (names.empty() ? "" : ", ") + std::string(rule.name);
  }
  throw Error(fmt::format("there is no rule \"{}\"", name), "rules are " + names);
}

float bounded(const StepInfo& info, size_t unit, double moved) {
  if (!info.lower.empty()) moved = std::max<double>(moved, info.lower[unit]);
  if (!info.upper.empty()) moved = std::min<double>(moved, info.upper[unit]);
  return static_cast<float>(moved * info.decay);
}

}  // namespace phosphene

// The steps that a search makes on an input of a program: what synth/rules has as functions of the host, for devices that move their
// inputs where they lie.
#pragma once

#include <cstdint>
#include <span>

namespace phosphene {

// Of Adam (Kingma and Ba 2015), on the host and on a device.
inline constexpr double kAdamBeta1 = 0.9, kAdamBeta2 = 0.999, kAdamEpsilon = 1e-8;
// Of normalised gradients with momentum; means of them below kLeastMean count as that.
inline constexpr double kMomentumBeta = 0.9, kLeastMean = 1e-30;

struct AscentOptions {
  // kMean: the gradient over its mean size (synth/rules/dgn_am.cpp). kMomentum, kAdam: synth/rules/momentum.cpp, adam.cpp.
  enum class Kind { kMean, kMomentum, kAdam } kind = Kind::kMean;
  double decay = 1;                     // factor on the input after every step
  std::span<const float> lower, upper;  // one value an element of a lane; empty: unbounded
};

struct LaneStep {
  int64_t step = -1;  // counts from 0, where moments begin anew; -1: the lane rests
  double size = 0;
};

}  // namespace phosphene

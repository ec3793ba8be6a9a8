// HostAscent: a search's step on the host, for programs that do not move their inputs themselves.
#pragma once

#include <vector>

#include "phosphene/engine/ascent_step.h"

namespace phosphene {

// What a program says of the code of one lane.
struct LaneAnswers {
  std::span<const float> gradient;  // [size]
  std::span<const float> denoised;  // what a density makes of the code's first values; empty: nothing
  std::span<const float> encoded;   // what an encoder makes of the picture, of the code's first values; empty: nothing
};

class HostAscent : private AscentStep {
 public:
  // Moves the code [size] of one lane, and its states [options.states, size]. sum |gradient|; where that is zero or not finite, nothing
  // moves.
  double step(const AscentOptions& options, const LaneStep& lane, const LaneAnswers& answers, std::span<float> code,
              std::span<float> states);

 private:
  Values size() override;
  Values code() override;
  Values gradient() override;
  Values noise() override;
  Values denoised() override;
  Values covered() override;
  Values encoded() override;
  Values state(size_t index) override;
  Values keep(size_t index, const Values& state) override;
  Values of_step(const StepNumber& number) override;
  void move(const Values& by) override;
  Values combine(Arithmetic how, const Values& a, const Values& b) override;
  Values root(const Values& of) override;
  Values mean_size(const Values& of) override;

  using Array = std::vector<double>;
  std::shared_ptr<Array> begin_array(size_t size);
  Values widened(std::span<const float> values);
  static std::span<const double> values_of(const Values& values);  // one of them: for all elements
  std::span<float> state_values(size_t index) const { return states_.subspan(index * code_.size(), code_.size()); }

  AscentOptions options_;  // of this step, as all below
  LaneStep lane_;
  LaneAnswers answers_;
  std::span<float> code_, states_;
  std::vector<std::unique_ptr<Array>> unused_;  // arrays of values that are gone
};

}  // namespace phosphene

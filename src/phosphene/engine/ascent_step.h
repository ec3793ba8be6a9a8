// AscentStep: one step of a search as a rule writes it, once for the host and for devices.
//
//     void move_dgn_am(AscentStep& step) {
//       const Values g = step.gradient();
//       step.move(step.size() / mean_size(g) * g);
//     }
//
// The host (host_ascent.h) computes in float64, one lane at a time and in a fixed order: the bits of a lane depend on nothing else. A
// device computes in float32, all lanes at once. A lane whose gradient is exactly zero keeps its code and its states, whatever the rule
// says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "phosphene/engine/ascent.h"

namespace phosphene {

enum class Arithmetic { kAdd, kSubtract, kMultiply, kDivide, kLarger };

// One number for each element of the code, one for the lane, or a constant. None may outlive the rule's step.
struct Values {
  Values(double number) : constant(number) {}  // NOLINT(google-explicit-constructor): formulas read as they are written
  Values(AscentStep& of, std::shared_ptr<const void> values) : step(&of), body(std::move(values)) {}

  AscentStep* step = nullptr;        // null: a constant
  std::shared_ptr<const void> body;  // the step's own type; its memory is free for other values when the last copy is gone
  double constant = 0;
};

using StepNumber = std::function<double(int64_t step, int64_t steps)>;

class AscentStep {
 public:
  virtual ~AscentStep() = default;

  double parameter(size_t index) const { return parameters_[index]; }
  virtual Values size() = 0;      // s, a number of the lane
  virtual Values code() = 0;      // y
  virtual Values gradient() = 0;  // g = dF/dy
  // N(0, 1) for each element, from Rng(seed, "rule", step): the same at every call of a step. Only for rules that declare `random`.
  virtual Values noise() = 0;
  // R(y), what the prior's density makes of the code, and for the elements that it does not cover y. Only for rules that declare `density`.
  virtual Values denoised() = 0;
  // 1 for each element that the density covers, else 0.
  virtual Values covered() = 0;
  // E(G(y)), the code that the prior's encoder gives the picture; elements that the encoder does not give are 0. Only for rules that
  // declare `encoder`.
  virtual Values encoded() = 0;
  // What keep() kept in the step before; zeros in the first.
  virtual Values state(size_t index) = 0;
  // Rounded to float32, as it is kept.
  virtual Values keep(size_t index, const Values& state) = 0;
  // A number of the lane, computed from its step i = 0, 1 ... and the N of its job.
  virtual Values of_step(const StepNumber& number) = 0;
  // y <- decay * clip(y + by, lower, upper). Once a step.
  virtual void move(const Values& by) = 0;

  // What the functions below are made of. At least one operand is no constant.
  virtual Values combine(Arithmetic how, const Values& a, const Values& b) = 0;
  virtual Values root(const Values& of) = 0;
  virtual Values mean_size(const Values& of) = 0;

 protected:
  std::span<const double> parameters_;
};

inline Values combined(Arithmetic how, const Values& a, const Values& b) { return (a.step ? a.step : b.step)->combine(how, a, b); }

inline Values operator+(const Values& a, const Values& b) { return combined(Arithmetic::kAdd, a, b); }
inline Values operator-(const Values& a, const Values& b) { return combined(Arithmetic::kSubtract, a, b); }
inline Values operator*(const Values& a, const Values& b) { return combined(Arithmetic::kMultiply, a, b); }
inline Values operator/(const Values& a, const Values& b) { return combined(Arithmetic::kDivide, a, b); }
inline Values at_least(const Values& a, double least) { return combined(Arithmetic::kLarger, a, least); }
inline Values square_root(const Values& of) { return of.step->root(of); }
inline Values mean_size(const Values& of) { return of.step->mean_size(of); }  // mean |x| over the elements of a lane

}  // namespace phosphene

// What a program does that neither trains weights nor moves inputs where they lie.
#include "phosphene/engine/program.h"

#include "phosphene/base/error.h"

namespace phosphene {

void Program::set_state(const std::string&, const OptimiserState&) { PHOSPHENE_CHECK(optimises()); }
void Program::get_state(const std::string&, const OptimiserState&) const { PHOSPHENE_CHECK(optimises()); }
void Program::optimise(const OptimiserStep&) { PHOSPHENE_CHECK(optimises()); }
void Program::set_ascent(const std::string&, const AscentOptions&) { PHOSPHENE_CHECK(ascends()); }
std::span<const float> Program::ascend(std::span<const LaneStep>) {
  PHOSPHENE_CHECK(ascends());
  return {};
}

}  // namespace phosphene

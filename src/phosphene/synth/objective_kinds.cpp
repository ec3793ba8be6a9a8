#include "phosphene/synth/objective_kinds.h"

namespace phosphene {

PHOSPHENE_TABLE(all_objective_kinds, ObjectiveKind,
                kActivationObjective,      // objectives/activation.cpp
                kLogProbabilityObjective,  // objectives/log_probability.cpp
                kBothObjective)            // objectives/both.cpp

const ObjectiveKind& find_objective_kind(const std::string& name) { return find_named(all_objective_kinds(), "objective", name); }

}  // namespace phosphene

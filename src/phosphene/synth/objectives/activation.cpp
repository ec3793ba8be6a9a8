// h, the unit's value.
#include "phosphene/synth/objective_kinds.h"

namespace phosphene {

extern const ObjectiveKind kActivationObjective = {"activation", "its activation",
                                                   [](Graph&, const std::string& value, const std::string&) { return value; }};

}  // namespace phosphene

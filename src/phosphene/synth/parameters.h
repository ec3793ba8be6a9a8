// Parameters of a rule, or of anything else that has a table of them, as users write them: "beta1=0.5 beta2=0.99".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/synth/rule.h"

namespace phosphene {

// One value a parameter, in the order of the table; those that are absent have their usual values. Error that names the parameter and its
// range.
std::vector<double> parse_parameters(std::span<const RuleParameter> parameters, const std::string& fields);

// " beta1=0.5" for each parameter whose value is not the usual one.
std::string parameters_text(std::span<const RuleParameter> parameters, std::span<const double> values);

}  // namespace phosphene

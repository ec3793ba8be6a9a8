// NAME FIELD ...     FIELD: PARAMETER=VALUE (parameters.cpp)
#include "phosphene/synth/rule.h"

#include "phosphene/base/error.h"
#include "phosphene/synth/parameters.h"

namespace phosphene {

PHOSPHENE_TABLE(all_rules, Rule,
                kDgnAm,              // rules/dgn_am.cpp
                kMomentum,           // rules/momentum.cpp
                kAdam,               // rules/adam.cpp
                kDenoise,            // rules/denoise.cpp
                kPpgnH, kPpgnJoint)  // rules/ppgn.cpp

const Rule& find_rule(const std::string& name) { return find_named(all_rules(), "rule", name); }

RuleChoice with_usual_parameters(const Rule& rule) { return {&rule, parse_parameters(rule.parameters, "")}; }

RuleChoice parse_rule(const std::string& text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size()),
               end = std::min(text.find_first_of(" \t\n", begin), text.size());
  const Rule& rule = find_rule(text.substr(begin, end - begin));
  return located(fmt::format("rule {}", rule.name), [&] { return RuleChoice{&rule, parse_parameters(rule.parameters, text.substr(end))}; });
}

std::string to_text(const RuleChoice& choice) { return choice.rule->name + parameters_text(choice.rule->parameters, choice.parameters); }

}  // namespace phosphene

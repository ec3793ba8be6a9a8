// NAME FIELD ...     FIELD: PARAMETER=VALUE, each at most once, with blanks between them
#include "phosphene/synth/rule.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "phosphene/base/error.h"

namespace phosphene {

PHOSPHENE_TABLE(all_rules, Rule,
                kDgnAm,     // rules/dgn_am.cpp
                kMomentum,  // rules/momentum.cpp
                kAdam,      // rules/adam.cpp
                kDenoise)   // rules/denoise.cpp

const Rule& find_rule(const std::string& name) { return find_named(all_rules(), "rule", name); }

RuleChoice with_usual_parameters(const Rule& rule) {
  RuleChoice choice{&rule, {}};
  for (const RuleParameter& parameter : rule.parameters) choice.parameters.push_back(parameter.usual);
  return choice;
}

namespace {

std::string names_of(std::span<const RuleParameter> parameters) {
  std::string names;
  for (const RuleParameter& parameter : parameters) names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  return names;
}

void read_parameter(const std::string& field, RuleChoice& choice, std::set<std::string>& known) {
  const std::span<const RuleParameter> all = choice.rule->parameters;
  const size_t equals = field.find('=');
  const std::string name = field.substr(0, equals), text = equals == std::string::npos ? "" : field.substr(equals + 1);
  const auto found = std::ranges::find_if(all, [&](const RuleParameter& parameter) { return name == parameter.name; });
  if (found == all.end())
    throw Error(fmt::format("there is no parameter \"{}\"", name),
                all.empty() ? "leave it out" : fmt::format("parameters are {}", names_of(all)));
  if (!known.insert(name).second) throw Error(fmt::format("{} is given twice", name), "give it once");
  double value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = code == std::errc() && end == text.data() + text.size();
  if (!number || !(value >= found->lowest && value <= found->highest))
    throw Error(fmt::format("{} is \"{}\"", name, text), fmt::format("give a number from {} to {}", found->lowest, found->highest));
  choice.parameters[static_cast<size_t>(found - all.begin())] = value;
}

}  // namespace

RuleChoice parse_rule(const std::string& text) {
  std::istringstream fields(text);
  std::string field;
  fields >> field;
  RuleChoice choice = with_usual_parameters(find_rule(field));
  std::set<std::string> known;
  located(fmt::format("rule {}", choice.rule->name), [&] {
    while (fields >> field) read_parameter(field, choice, known);
  });
  return choice;
}

std::string to_text(const RuleChoice& choice) {
  std::string text = choice.rule->name;
  for (size_t i = 0; i < choice.parameters.size(); ++i)
    if (const RuleParameter& parameter = choice.rule->parameters[i]; choice.parameters[i] != parameter.usual)
      text += fmt::format(" {}={}", parameter.name, choice.parameters[i]);
  return text;
}

}  // namespace phosphene

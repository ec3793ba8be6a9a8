// FIELD ...     FIELD: PARAMETER=VALUE, each at most once, with blanks between them
#include "phosphene/synth/parameters.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

std::string names_of(std::span<const RuleParameter> parameters) {
  std::string names;
  for (const RuleParameter& parameter : parameters) names += (names.empty() ? "" : ", ") + std::string(parameter.name);
  return names;
}

void read_parameter(const std::string& field, std::span<const RuleParameter> all, std::vector<double>& values,
                    std::set<std::string>& known) {
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
  values[static_cast<size_t>(found - all.begin())] = value;
}

}  // namespace

std::vector<double> parse_parameters(std::span<const RuleParameter> parameters, const std::string& fields) {
  std::vector<double> values;
  for (const RuleParameter& parameter : parameters) values.push_back(parameter.usual);
  std::istringstream all(fields);
  std::set<std::string> known;
  for (std::string field; all >> field;) read_parameter(field, parameters, values, known);
  return values;
}

std::string parameters_text(std::span<const RuleParameter> parameters, std::span<const double> values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != parameters[i].usual) text += fmt::format(" {}={}", parameters[i].name, values[i]);
  return text;
}

}  // namespace phosphene

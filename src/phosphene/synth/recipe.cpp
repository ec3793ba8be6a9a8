#include "phosphene/synth/recipe.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/synth/objective_kinds.h"
#include "phosphene/synth/recipe_fields.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/views.h"

namespace phosphene {

namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

void require(bool condition, const char* field, const char* range) {
  if (!condition) throw Error(fmt::format("recipe > {} is out of range", field), fmt::format("give {}", range));
}

}  // namespace

std::string Place::to_string() const {
  switch (kind) {
    case Kind::kCentre: return "center";
    case Kind::kMean: return "mean";
    case Kind::kPoint: return fmt::format("{},{}", y, x);
  }
  return {};
}

Place Place::parse(const std::string& text) {
  if (text == "center" || text == "centre") return {};
  if (text == "mean") return {Kind::kMean};
  const auto parts = split(text, ',');
  if (parts.size() == 1 || parts.size() == 2) {  // a token is a row of one column
    const auto row = parse_number<int64_t>(parts[0]), column = parts.size() == 2 ? parse_number<int64_t>(parts[1]) : 0;
    if (row && column && *row >= 0 && *column >= 0) return {Kind::kPoint, *row, *column};
  }
  throw Error(fmt::format("\"{}\" is not a position", text), "give Y,X or the number of a token, center or mean");
}

void Recipe::verify() const {
  require(!layer.empty(), "layer", "the name of a layer");
  find_objective_kind(objective);
  if (rule) located("recipe", [&] { parse_rule(*rule); });
  require(!steps || (*steps >= 1 && *steps <= kMostSteps), "steps", "1 to 1000000");
  require(!patience || *patience >= 0, "patience", "0 (never) or a number of steps");
  require(!lr0 || (std::isfinite(*lr0) && *lr0 > 0), "lr0", "a positive number");
  require(std::isfinite(lr1) && lr1 >= 0, "lr1", "0 or a positive number");
  require(!decay || (*decay > 0 && *decay <= 1), "decay", "a number in (0, 1]");
  if (views) located("recipe > views", [&] { parse_views(*views); });
  require(!seeds.empty(), "seeds", "at least one seed");
  require(batch >= 0 && batch <= 4096, "batch", "1 to 4096, or 0 for automatic");
  require(threads >= 0 && threads <= 4096, "threads", "0 (all cores) to 4096");
}

Json Recipe::to_json() const {
  Json json = Json::object();
  for (const RecipeField& field : recipe_fields()) json[field.name] = field.get(*this);
  return json;
}

Recipe Recipe::from_json(const Json& json) {
  if (!json.is_object()) throw Error("the recipe is not a JSON object");
  Recipe recipe;
  for (const auto& [name, value] : json.items()) {
    const RecipeField* field = find_recipe_field(name);
    if (!field) throw Error(fmt::format("recipe > unknown field \"{}\"", name));
    located(fmt::format("recipe > {}", name), [&] { field->set(recipe, value); });
  }
  return recipe;
}

std::vector<uint64_t> parse_seeds(const std::string& text) {
  std::vector<uint64_t> seeds;
  for (const std::string& part : split(text, ',')) {
    const size_t dash = part.find('-');
    const auto first = parse_number<uint64_t>(std::string_view(part).substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_number<uint64_t>(std::string_view(part).substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= 1'000'000)
      throw Error(fmt::format("\"{}\" is not a list of seeds", text), "give numbers and ranges, as 0-3,7");
    for (uint64_t seed = *first;; ++seed) {
      seeds.push_back(seed);
      if (seed == *last) break;
    }
  }
  return seeds;
}

void parse_lr(const std::string& text, Recipe& recipe) {
  const auto parts = split(text, ':');
  const auto first = parse_number<double>(parts[0]);
  const auto last = parts.size() > 1 ? parse_number<double>(parts[1]) : recipe.lr1;
  if (parts.size() > 2 || !first || !last) throw Error(fmt::format("\"{}\" is not a learning rate", text), "give FIRST:LAST, as 8:1e-10");
  recipe.lr0 = first;
  recipe.lr1 = *last;
}

}  // namespace phosphene

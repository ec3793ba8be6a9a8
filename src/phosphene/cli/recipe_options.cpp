#include "phosphene/cli/recipe_options.h"

#include "phosphene/base/error.h"
#include "phosphene/synth/recipe_fields.h"

namespace phosphene {

namespace {

void add_field(CLI::App& command, Recipe& recipe, const RecipeField& field) {
  const auto read = [&recipe, &field](const std::string& text) { located(field.option, [&] { field.read(recipe, text); }); };
  CLI::Option* option = nullptr;
  if (field.kind == RecipeField::Kind::kList) {
    const auto read_all = [read](const std::vector<std::string>& texts) {
      for (const std::string& text : texts) read(text);
    };
    option = command.add_option_function<std::vector<std::string>>(field.option, read_all, field.help)->allow_extra_args(false);
  } else {
    option = command.add_option_function<std::string>(field.option, read, field.help);
  }
  if (!field.choices.empty()) option->check(CLI::IsMember(field.choices));
  if (field.kind == RecipeField::Kind::kInteger) option->check(CLI::TypeValidator<int64_t>("INT"))->type_name("");
  if (field.kind == RecipeField::Kind::kNumber) option->check(CLI::Number)->type_name("");
  if (field.has_default) option->default_str(field.text_of_default());
  if (!field.option.starts_with("-")) option->required();
}

}  // namespace

void add_recipe_options(CLI::App& command, Recipe& recipe, const std::set<std::string>& left_out) {
  for (const RecipeField& field : recipe_fields())
    if (!field.option.empty() && !left_out.contains(field.name)) add_field(command, recipe, field);
}

}  // namespace phosphene

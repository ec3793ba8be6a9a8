#include "phosphene/request.h"

#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/base/edit_distance.h"
#include "phosphene/base/error.h"
#include "phosphene/synth/recipe_fields.h"

namespace phosphene::api {

namespace {

// Of a field's two names, the one that is nearer counts.
std::vector<std::string> nearest_fields(std::string_view text) {
  std::vector<std::pair<size_t, std::string>> found;
  for (const RecipeField& field : recipe_fields()) {
    const std::string option = field.option.substr(field.option.starts_with("--") ? 2 : 0), wanted(text);
    const size_t far = edit_distance(field.name, wanted), far_option = option.empty() ? far : edit_distance(option, wanted);
    found.push_back(far <= far_option ? std::pair(far, std::string(field.name)) : std::pair(far_option, option));
  }
  std::ranges::stable_sort(found, {}, &std::pair<size_t, std::string>::first);
  std::vector<std::string> names;
  for (size_t i = 0; i < 3; ++i) names.push_back(found[i].second);
  return names;
}

}  // namespace

Request::Request() : body_(std::make_unique<Body>()) {}
Request::~Request() = default;
Request::Request(const Request& other) : body_(std::make_unique<Body>(*other.body_)) {}
Request& Request::operator=(const Request& other) {
  *body_ = *other.body_;
  return *this;
}

Request Request::from(const Fields& fields) {
  Request request;
  for (const auto& [name, text] : fields) request.set(name, text);
  return request;
}

Request Request::from_json(const std::string& json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) throw Error("is no JSON object", "give fields by name: {\"network\": \"tin200\"}").at("request");
  Request request;
  request.body_->recipe = located("request", [&] { return Recipe::from_json(parsed); });
  return request;
}

Request& Request::set(std::string_view name, const std::string& text) {
  const auto& fields = recipe_fields();
  const auto found = std::ranges::find_if(fields, [&](const RecipeField& field) {
    return name == field.name || name == field.option || "--" + std::string(name) == field.option;
  });
  if (found == fields.end())
    throw Error(fmt::format("there is no field \"{}\"", name), fmt::format("the nearest are {}", fmt::join(nearest_fields(name), ", ")))
        .at("request");
  located(found->name, [&] { found->read(body_->recipe, text); });
  return *this;
}

std::string Request::to_json() const { return body_->recipe.to_json().dump(); }

std::vector<RequestField> Request::fields() {
  std::vector<RequestField> fields;
  for (const RecipeField& field : recipe_fields()) fields.push_back({field.name, field.option, field.help, field.choices});
  return fields;
}

}  // namespace phosphene::api

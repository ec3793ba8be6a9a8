#include "phosphene/run/request.h"

#include <filesystem>

#include "phosphene/base/error.h"
#include "phosphene/base/version.h"
#include "phosphene/model/directions.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/recipe_fields.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

constexpr const char* kEncoderFile = "encoder";

// Files that decide the results beside the models, which have hashes of their own: those that fields name, and the encoder that a rule
// asks.
std::map<std::string, std::string> hashes_of(const Recipe& recipe, const Prior& prior) {
  std::map<std::string, std::string> hashes;
  const auto add = [&](const std::string& field, const std::string& file) {
    hashes[field] = located(fmt::format("--{}", field), [&] { return sha256_of_file(file); });
  };
  if (!recipe.labels.empty()) add("labels", recipe.labels);
  if (!recipe.direction.empty()) add("direction", recipe.direction);
  if (recipe.bounds != "prior" && recipe.bounds != "none") add("bounds", recipe.bounds);
  if (const FoundStart start = find_start(*recipe.init); start.start->reads_file) add("init", start.argument);
  if (parse_rule(*recipe.rule).rule->encoder && prior.encoder && !prior.encoder->graph.empty())
    hashes[kEncoderFile] = load_model(prior.encoder->graph).hash;
  for (const std::string& fixed : recipe.fixed)
    if (fixed.ends_with(".npy")) add("fix", fixed.substr(fixed.find('=') + 1));
  for (const std::string& fixed : recipe.prior_fixed)
    if (fixed.ends_with(".npy")) add("prior_fix", fixed.substr(fixed.find('=') + 1));
  return hashes;
}

}  // namespace

std::vector<Objective> find_objectives(Recipe& recipe, const Model& network) {
  std::vector<Objective> objectives;
  if (!recipe.layer.empty()) recipe.layer = find_layer(network, recipe.layer);
  const auto layer_of = [&](const std::string& text, const std::string& units) {
    if (text.empty() && recipe.layer.empty())
      throw Error(fmt::format("units {} > they have no layer", units), "give --layer NAME, or write NAME:UNITS");
    const std::string layer = text.empty() ? recipe.layer : find_layer(network, text);
    if (recipe.layer.empty()) recipe.layer = layer;
    return text.empty() && !recipe.direction.empty() ? directions_of(layer) : layer;
  };
  for (const UnitsOfLayer& part : split_by_layer(recipe.units)) {
    if (!part.sum.empty()) {
      Objective objective{part.units, {}};
      for (const LayerTerm& term : part.sum) {
        const std::string layer = layer_of(term.layer, part.units);
        located("--units", [&] { return parse_units(std::to_string(term.unit), unit_count(network, layer)); });  // Error names the range
        objective.terms.push_back({layer, term.unit, term.weight, recipe.at});
      }
      objectives.push_back(std::move(objective));
      continue;
    }
    const std::string layer = layer_of(part.layer, part.units);
    const std::string prefix = part.layer.empty() ? "" : part.layer + ":";
    const auto found = located("--units", [&] {
      return parse_objectives(part.units, {layer, recipe.at, unit_count(network, layer), prefix});
    });
    objectives.insert(objectives.end(), found.begin(), found.end());
  }
  return objectives;
}

std::string Request::layer() const { return recipe.direction.empty() ? recipe.layer : directions_of(recipe.layer); }

Request Request::from(Session& session, Recipe recipe) {
  const Session::Scope scope(session, recipe.threads);
  find_engine(recipe.engine);
  Request request;
  request.network = session.network(recipe);
  request.objectives = find_objectives(recipe, *request.network);
  recipe.verify();
  request.prior = session.prior(recipe, request.network);
  recipe = with_defaults(std::move(recipe), *request.prior);
  recipe.threads = threads();
  request.files = hashes_of(recipe, *request.prior);
  request.recipe = std::move(recipe);
  return request;
}

Json Request::to_json() const {
  Json json;
  json["version"] = kVersion;
  json["recipe"] = recipe.to_json();
  json["save_codes"] = save_codes;
  json["network"] = {{"name", network->name}, {"sha256", network->hash}};
  json["prior"] = {{"name", prior->name}, {"sha256", prior->hash}};
  if (const auto& grid = prior->grid) json["prior"]["grid"] = {{"height", grid->height}, {"width", grid->width}, {"stride", grid->stride}};
  json["files"] = files;
  return json;
}

std::string difference(const Json& before, const Json& now) {
  const auto words = [](const std::string& what, const Json& was, const Json& is) {
    return fmt::format("{} is {} there, {} here", what, was.dump(), is.dump());
  };
  const auto differs = [&](const Json& a, const Json& b, const char* key) { return a.value(key, Json()) != b.value(key, Json()); };
  if (differs(before, now, "version")) return words("the version", before.value("version", Json()), now.value("version", Json()));
  for (const char* model : {"network", "prior"})
    if (differs(before.value(model, Json::object()), now.value(model, Json::object()), "sha256"))
      return words(fmt::format("the {}'s sha256", model), before.value(model, Json::object()).value("sha256", Json()),
                   now.value(model, Json::object()).value("sha256", Json()));
  const Json &hashes_before = before.value("files", Json::object()), &hashes_now = now.value("files", Json::object());
  const Json &recipe_before = before.value("recipe", Json::object()), &recipe_now = now.value("recipe", Json::object());
  for (const RecipeField& field : recipe_fields()) {
    const bool hashed = hashes_before.contains(field.name) && hashes_now.contains(field.name);
    if (hashed && differs(hashes_before, hashes_now, field.name))
      return words(fmt::format("the file of {}", field.name), hashes_before[field.name], hashes_now[field.name]);
    const bool by_content =
        hashed || std::string(field.name) == "network" || (std::string(field.name) == "prior" && !now["prior"].value("sha256", "").empty());
    const Json absent = field.get(Recipe{});  // as Recipe::from_json() takes it
    const Json was = recipe_before.value(field.name, absent), is = recipe_now.value(field.name, absent);
    if (!by_content && was != is) return words(field.name, was, is);
  }
  if (differs(hashes_before, hashes_now, kEncoderFile))
    return words("the prior's encoder", hashes_before.value(kEncoderFile, Json()), hashes_now.value(kEncoderFile, Json()));
  if (differs(before, now, "save_codes")) return words("save_codes", before.value("save_codes", Json()), now.value("save_codes", Json()));
  return {};
}

}  // namespace phosphene

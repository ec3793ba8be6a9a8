#include "phosphene/atlas/plan.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "phosphene/base/version.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/recipe_fields.h"

namespace phosphene {

namespace {

struct Wish {
  std::string layer, units;  // as the user wrote them
};

// "fc8,conv4:0-3,7,conv5" -> {fc8, all}, {conv4, 0-3,7}, {conv5, all}: a colon ends a layer's name, numbers belong to the layer before.
std::vector<Wish> wishes_of(const std::string& text) {
  std::vector<Wish> wishes;
  for (size_t first = 0; first <= text.size();) {
    const size_t end = std::min(text.find(',', first), text.size());
    const std::string entry = text.substr(first, end - first);
    first = end + 1;
    const bool number = !entry.empty() && entry.find_first_not_of("0123456789-") == std::string::npos;
    const size_t colon = entry.rfind(':');
    if (entry.empty()) throw Error(fmt::format("\"{}\" has an empty entry", text), "give LAYER or LAYER:UNITS, as fc8,conv4:0-99");
    if (number && !wishes.empty() && wishes.back().units != "all")
      wishes.back().units += "," + entry;
    else if (colon == std::string::npos)
      wishes.push_back({entry, "all"});
    else
      wishes.push_back({entry.substr(0, colon), entry.substr(colon + 1)});
  }
  return wishes;
}

// "LAYER FIELD=VALUE ...": the layer's name, and the recipe with these fields.
struct Setting {
  std::string layer;
  std::vector<std::pair<const RecipeField*, std::string>> fields;
};

Setting parse_setting(const std::string& text) {
  static const std::set<std::string> kOfAll = {"network", "random_weights", "shuffle", "preprocess", "labels", "output",
                                               "fix",     "input_size",     "layer",   "units",      "seeds",  "threads"};
  Setting setting;
  size_t at = text.find(' ');
  setting.layer = text.substr(0, at);
  while (at != std::string::npos) {
    const size_t first = text.find_first_not_of(' ', at);
    if (first == std::string::npos) break;
    const size_t equals = text.find('=', first);
    if (equals == std::string::npos) throw Error(fmt::format("\"{}\" is no FIELD=VALUE", text.substr(first)), "write LAYER FIELD=VALUE");
    // A value may hold spaces ("adam beta1=0.5"): it ends where another field begins.
    size_t end = text.size();
    for (size_t next = text.find(' ', equals); next != std::string::npos; next = text.find(' ', next + 1)) {
      const size_t name_end = text.find('=', next);
      if (name_end == std::string::npos) break;
      if (find_recipe_field(text.substr(next + 1, name_end - next - 1))) {
        end = next;
        break;
      }
    }
    const std::string name = text.substr(first, equals - first);
    const RecipeField* field = find_recipe_field(name);
    if (!field || kOfAll.contains(name))
      throw Error(fmt::format("\"{}\" is no field that a layer has", name), "as steps, lr0, rule, prior");
    setting.fields.emplace_back(field, text.substr(equals + 1, end - equals - 1));
    at = end < text.size() ? end : std::string::npos;
  }
  if (setting.fields.empty()) throw Error(fmt::format("\"{}\" sets nothing", text), "write LAYER FIELD=VALUE");
  return setting;
}

std::vector<std::pair<std::string, std::vector<int64_t>>> find_wishes(const AtlasOptions& options, const Model& network) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> found;
  if (options.layers.empty()) return found;
  return located("--layers", [&] {
    for (const Wish& wish : wishes_of(options.layers)) {
      const std::string layer = find_layer(network, wish.layer);
      std::vector<int64_t> units = located(wish.layer, [&] { return parse_units(wish.units, unit_count(network, layer)); });
      auto known = std::ranges::find(found, layer, [](const auto& entry) { return entry.first; });
      if (known == found.end()) known = found.insert(found.end(), {layer, {}});
      known->second.insert(known->second.end(), units.begin(), units.end());
      std::ranges::sort(known->second);
      known->second.erase(std::unique(known->second.begin(), known->second.end()), known->second.end());
    }
    return found;
  });
}

std::string units_text(const std::vector<int64_t>& units) {
  std::string text;
  for (size_t i = 0; i < units.size();) {
    size_t last = i;
    while (last + 1 < units.size() && units[last + 1] == units[last] + 1) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", units[i]);
    if (last > i) text += fmt::format("-{}", units[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace

AtlasPart AtlasPart::parse(const std::string& text) {
  AtlasPart part;
  const size_t slash = text.find('/');
  const auto read = [](std::string_view digits, int64_t& value) {
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return result.ec == std::errc() && result.ptr == digits.data() + digits.size();
  };
  const bool good = slash != std::string::npos && read(std::string_view(text).substr(0, slash), part.index) &&
                    read(std::string_view(text).substr(slash + 1), part.of);
  if (!good || part.index < 1 || part.index > part.of || part.of > 100'000)
    throw Error(fmt::format("\"{}\" is no part", text), "give I/N with I from 1 to N, as 3/8");
  return part;
}

std::vector<AtlasPlan::Job> AtlasPlan::jobs(size_t pass, size_t turn) const {
  int64_t number = 0;
  for (size_t p = 0; p <= pass; ++p)
    for (size_t t = 0; t < (p < pass ? turns.size() : turn); ++t) number += static_cast<int64_t>(turns[t].units.size() * passes[p].size());
  std::vector<Job> jobs;
  for (const int64_t unit : turns[turn].units)
    for (const uint64_t seed : passes[pass]) jobs.push_back({number++, turns[turn].layer, unit, seed});
  return jobs;
}

Recipe AtlasPlan::recipe_of(size_t pass, size_t turn) const {
  Recipe recipe = turns[turn].recipe;
  recipe.seeds = passes[pass];
  return recipe;
}

Json to_json(const AtlasOptions& options) {
  return {{"recipe", options.recipe.to_json()},
          {"layers", options.layers},
          {"settings", options.settings},
          {"data", options.data},
          {"most_pictures", options.most_pictures},
          {"judge", options.judge},
          {"judge_preprocess", options.judge_preprocess},
          {"judge_labels", options.judge_labels},
          {"class_map", options.class_map}};
}

AtlasOptions atlas_options_from_json(const Json& json) {
  try {
    return {.recipe = Recipe::from_json(json.at("recipe")),
            .layers = json.at("layers").get<std::string>(),
            .settings = json.at("settings").get<std::vector<std::string>>(),
            .data = json.at("data").get<std::string>(),
            .most_pictures = json.at("most_pictures").get<int64_t>(),
            .judge = json.at("judge").get<std::string>(),
            .judge_preprocess = json.at("judge_preprocess").get<std::string>(),
            .judge_labels = json.at("judge_labels").get<std::string>(),
            .class_map = json.at("class_map").get<std::string>()};
  } catch (const Json::exception& error) {
    throw Error(fmt::format("its plan is damaged: {}", error.what()), "build the atlas again");
  }
}

Json AtlasPlan::to_json() const {
  Json json{{"version", kVersion}, {"options", phosphene::to_json(options)}, {"layers", Json::array()}, {"seeds", options.recipe.seeds}};
  for (const AtlasTurn& turn : turns)
    json["layers"].push_back({{"name", turn.recipe.layer}, {"units", turn.recipe.units}, {"request", turn.request}});
  return json;
}

AtlasPlan plan_atlas(Session& session, AtlasOptions options) {
  const Session::Scope scope(session, options.recipe.threads);
  AtlasPlan plan;
  if (options.recipe.batch == 0) options.recipe.batch = kAtlasBatch;
  std::vector<uint64_t>& seeds = options.recipe.seeds;
  if (std::set<uint64_t>(seeds.begin(), seeds.end()).size() != seeds.size()) throw Error("--seeds > a seed is there twice");
  plan.network = session.network(options.recipe);
  const Model& network = *plan.network;
  const auto wishes = find_wishes(options, network);
  std::vector<std::string> names;
  for (const auto& [layer, units] : wishes) names.push_back(layer);
  plan.layers = network_layers(network, names);
  if (plan.layers.layers.empty()) throw Error("it has no layer with units", "name layers with --layers").at(network.name);
  std::vector<Setting> settings;
  for (const std::string& text : options.settings)
    located("--for", [&] {
      settings.push_back(parse_setting(text));
      settings.back().layer = find_layer(network, settings.back().layer);
    });
  for (const int64_t index : plan.layers.order()) {
    const NetworkLayer& layer = plan.layers.layers[static_cast<size_t>(index)];
    AtlasTurn turn{.layer = index, .units = {}, .recipe = options.recipe, .request = {}};
    if (wishes.empty()) {
      for (int64_t unit = 0; unit < layer.units; ++unit) turn.units.push_back(unit);
    } else {
      const auto wish = std::ranges::find(wishes, layer.name, [](const auto& entry) { return entry.first; });
      if (wish == wishes.end()) continue;
      turn.units = wish->second;
    }
    turn.recipe.layer = layer.name;
    turn.recipe.units = units_text(turn.units);
    for (const Setting& setting : settings)
      if (setting.layer == layer.name)
        for (const auto& [field, value] : setting.fields)
          located(fmt::format("--for {} > {}", layer.name, field->name), [&, f = field, v = value] { f->read(turn.recipe, v); });
    const Request request = Request::from(session, turn.recipe);
    turn.recipe = request.recipe;
    turn.request = request.to_json();
    if (!plan.prior) plan.prior = request.prior;
    plan.turns.push_back(std::move(turn));
  }
  for (const Setting& setting : settings)
    if (std::ranges::none_of(plan.turns, [&](const AtlasTurn& turn) { return turn.recipe.layer == setting.layer; }))
      throw Error(fmt::format("--for > no unit of layer {} is drawn", setting.layer), "name it in --layers");
  plan.passes = {{seeds.front()}};
  if (seeds.size() > 1) plan.passes.emplace_back(seeds.begin() + 1, seeds.end());
  options.recipe.threads = plan.turns.front().recipe.threads;
  plan.options = std::move(options);
  return plan;
}

std::string plan_difference(const Json& before, const Json& now) {
  const Json &a = before.value("layers", Json::array()), &b = now.value("layers", Json::array());
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].value("name", "") != b[i].value("name", ""))
      return fmt::format("layer {} of the plan is {} there, {} here", i + 1, a[i].value("name", ""), b[i].value("name", ""));
    if (const std::string other = difference(a[i].value("request", Json::object()), b[i].value("request", Json::object())); !other.empty())
      return fmt::format("for layer {}, {}", a[i].value("name", ""), other);
  }
  if (a.size() != b.size()) return fmt::format("it draws units of {} layers there, of {} here", a.size(), b.size());
  for (const char* part : {"data", "judge"})
    if (before.value(part, Json()) != now.value(part, Json()))
      return fmt::format("{} is {} there, {} here", part, before.value(part, Json()).dump(), now.value(part, Json()).dump());
  return {};
}

std::string plan_conflict(const Json& before, const Json& now) {
  const auto of_any_unit = [](const Json& layer) {
    Json request = layer.value("request", Json::object());
    if (const auto recipe = request.find("recipe"); recipe != request.end() && recipe->is_object())
      for (const char* field : {"units", "seeds"}) recipe->erase(field);
    return request;
  };
  for (const Json& was : before.value("layers", Json::array()))
    for (const Json& is : now.value("layers", Json::array()))
      if (was.value("name", "") == is.value("name", ""))
        if (const std::string other = difference(of_any_unit(was), of_any_unit(is)); !other.empty())
          return fmt::format("for layer {}, {}", was.value("name", ""), other);
  for (const char* part : {"data", "judge"})
    if (const Json was = before.value(part, Json()); !was.is_null() && was != now.value(part, Json()))
      return fmt::format("{} is {} there, {} here", part, was.dump(), now.value(part, Json()).dump());
  return {};
}

}  // namespace phosphene

#include "phosphene/run/outcome.h"

#include <algorithm>

namespace phosphene {

const TermResult& PictureRecord::main() const {
  PHOSPHENE_CHECK(!terms.empty());
  return *std::ranges::max_element(terms, {}, [](const TermResult& result) { return result.term.weight; });
}

bool PictureRecord::is_unit(const std::string& layer) const {
  return terms.size() == 1 && terms.front().term.weight == 1 && terms.front().term.layer == layer;
}

Json to_json(const PictureRecord& record) {
  const auto optional = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  const TermResult& main = record.main();
  Json json;
  json["key"] = record.key;
  json["file"] = record.file;
  json["units"] = record.name;
  json["layer"] = main.term.layer;
  json["label"] = record.label;
  json["seed"] = record.seed;
  json["activation"] = record.activation();
  json["rank"] = main.rank;
  json["probability"] = optional(main.probability);
  json["stopped"] = record.stopped;
  json["shown"] = {{"y", record.shown.y}, {"x", record.shown.x}, {"height", record.shown.height}, {"width", record.shown.width}};
  json["terms"] = Json::array();
  for (const TermResult& term : record.terms)
    json["terms"].push_back({{"layer", term.term.layer},
                             {"unit", term.term.unit},
                             {"at", term.term.at.to_string()},
                             {"weight", term.term.weight},
                             {"activation", term.activation},
                             {"rank", term.rank},
                             {"probability", optional(term.probability)}});
  json["activations"] = record.activations;
  return json;
}

PictureRecord record_from_json(const Json& json) {
  const auto optional = [](const Json& value) { return value.is_null() ? std::nullopt : std::optional(value.get<double>()); };
  try {
    PictureRecord record;
    record.key = json.at("key").get<std::string>();
    record.file = json.at("file").get<std::string>();
    if (record.file.empty() || std::filesystem::path(record.file).filename() != record.file)
      throw Error(fmt::format("names the picture \"{}\", which is not in its folder", record.file), "give a results.json of synth");
    record.name = json.at("units").get<std::string>();
    record.label = json.at("label").get<std::string>();
    record.seed = json.at("seed").get<uint64_t>();
    record.stopped = json.at("stopped").get<bool>();
    const Json& shown = json.at("shown");
    record.shown = {shown.at("y").get<int64_t>(), shown.at("x").get<int64_t>(), shown.at("height").get<int64_t>(),
                    shown.at("width").get<int64_t>()};
    for (const Json& term : json.at("terms"))
      record.terms.push_back({{term.at("layer").get<std::string>(), term.at("unit").get<int64_t>(), term.at("weight").get<double>(),
                               Place::parse(term.at("at").get<std::string>())},
                              term.at("activation").get<double>(),
                              term.at("rank").get<int64_t>(),
                              optional(term.at("probability"))});
    record.activations = json.at("activations").get<std::vector<double>>();
    if (record.terms.empty() || record.activations.empty()) throw Error("has no units or no activations");
    return record;
  } catch (const Json::exception& error) {
    throw Error(fmt::format("is no picture of a search: {}", error.what()), "give a results.json of this version");
  }
}

}  // namespace phosphene

#include "phosphene/judge/pictures.h"

#include <charconv>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"

namespace phosphene {

Json PictureMeasures::to_json() const {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {{"pictures", pictures},
          {"rank_first", first},
          {"median_activation", activation},
          {"median_probability", number(probability)},
          {"above_best_real", number(above_best)},
          {"median_percentile", number(percentile)},
          {"median_margin", number(margin)}};
}

std::vector<Drawn> drawn_pictures(const Json& results, const std::string& layer) {
  if (!results.contains("images") || !results["images"].is_array())
    throw Error("these are no results of a search", "give a results.json of synth");
  std::vector<Drawn> pictures;
  for (const Json& image : results["images"]) {
    if (image.value("layer", layer) != layer) continue;
    auto name = image.at("units").get<std::string>();
    name.erase(0, name.rfind(':') + 1);  // the layer as the user wrote it; npos + 1 is 0
    Drawn drawn;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), drawn.unit);
    if (failure != std::errc() || end != name.data() + name.size()) continue;
    drawn.file = image.value("file", "");
    drawn.rank = image.at("rank").get<int64_t>();
    drawn.activation = image.at("activation").get<double>();
    if (image.at("probability").is_number()) drawn.probability = image["probability"].get<double>();
    pictures.push_back(std::move(drawn));
  }
  return pictures;
}

PictureMeasures measure_pictures(const std::vector<Drawn>& pictures, const RealActivations* real) {
  if (pictures.empty()) throw Error("the search has no pictures of single units of this layer", "give the layer that was searched");
  PictureMeasures measures;
  std::vector<double> activations, probabilities, percentiles, margins;
  int64_t above = 0;
  for (const Drawn& drawn : pictures) {
    ++measures.pictures;
    measures.first += drawn.rank == 1;
    activations.push_back(drawn.activation);
    if (drawn.probability) probabilities.push_back(*drawn.probability);
    if (!real) continue;
    if (static_cast<size_t>(drawn.unit) >= real->size())
      throw Error(fmt::format("the results have unit {}, the layer only {}", drawn.unit, real->size()), "give the layer that was searched");
    const UnitActivations& unit = real->at(static_cast<size_t>(drawn.unit));
    above += drawn.activation > static_cast<double>(unit.best());
    percentiles.push_back(unit.percentile(drawn.activation));
    if (const double deviation = unit.deviation(); deviation > 0)
      margins.push_back((drawn.activation - static_cast<double>(unit.best())) / deviation);
  }
  measures.activation = median(std::move(activations));
  if (!probabilities.empty()) measures.probability = median(std::move(probabilities));
  if (real) measures.above_best = above, measures.percentile = median(std::move(percentiles));
  if (!margins.empty()) measures.margin = median(std::move(margins));
  return measures;
}

}  // namespace phosphene

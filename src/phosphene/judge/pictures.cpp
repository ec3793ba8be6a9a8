#include "phosphene/judge/pictures.h"

#include <charconv>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"

namespace phosphene {

Json PictureMeasures::to_json() const {
  return {{"pictures", pictures},
          {"rank_first", first},
          {"median_probability", probability ? Json(*probability) : Json(nullptr)},
          {"above_best_real", above_best}};
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

PictureMeasures measure_pictures(const std::vector<Drawn>& pictures, const BestImages& best) {
  PictureMeasures measures;
  std::vector<double> probabilities;
  for (const Drawn& drawn : pictures) {
    const auto unit = static_cast<size_t>(drawn.unit);
    if (unit >= best.activation.size())
      throw Error(fmt::format("the results have unit {}, the layer only {}", unit, best.activation.size()),
                  "give the layer that was searched");
    ++measures.pictures;
    measures.first += drawn.rank == 1;
    measures.above_best += drawn.activation > static_cast<double>(best.activation[unit]);
    if (drawn.probability) probabilities.push_back(*drawn.probability);
  }
  if (!probabilities.empty()) measures.probability = median(std::move(probabilities));
  return measures;
}

}  // namespace phosphene

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

PictureMeasures measure_pictures(const Json& results, const std::string& layer, const BestImages& best) {
  if (!results.contains("images") || !results["images"].is_array())
    throw Error("these are no results of a search", "give a results.json of synth");
  PictureMeasures measures;
  std::vector<double> probabilities;
  for (const Json& image : results["images"]) {
    if (image.value("layer", layer) != layer) continue;
    auto name = image.at("units").get<std::string>();
    name.erase(0, name.rfind(':') + 1);  // the layer as the user wrote it; npos + 1 is 0
    size_t unit = 0;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), unit);
    if (failure != std::errc() || end != name.data() + name.size()) continue;
    if (unit >= best.activation.size())
      throw Error(fmt::format("the results have unit {}, the layer only {}", unit, best.activation.size()),
                  "give the layer that was searched");
    ++measures.pictures;
    measures.first += image.at("rank").get<int64_t>() == 1;
    measures.above_best += image.at("activation").get<double>() > static_cast<double>(best.activation[unit]);
    if (image.at("probability").is_number()) probabilities.push_back(image["probability"].get<double>());
  }
  if (!probabilities.empty()) measures.probability = median(std::move(probabilities));
  return measures;
}

}  // namespace phosphene

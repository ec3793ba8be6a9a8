#include "phosphene/judge/pictures.h"

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

std::vector<const PictureRecord*> pictures_of_units(std::span<const PictureRecord> pictures, const std::string& layer) {
  std::vector<const PictureRecord*> found;
  for (const PictureRecord& picture : pictures)
    if (picture.is_unit(layer)) found.push_back(&picture);
  return found;
}

PictureMeasures measure_pictures(std::span<const PictureRecord> pictures, const std::string& layer, const RealActivations* real) {
  const std::vector<const PictureRecord*> drawn = pictures_of_units(pictures, layer);
  if (drawn.empty()) throw Error("the search has no pictures of single units of this layer", "give the layer that was searched");
  PictureMeasures measures;
  std::vector<double> activations, probabilities, percentiles, margins;
  int64_t above = 0;
  for (const PictureRecord* picture : drawn) {
    const TermResult& result = picture->main();
    const double activation = picture->activation();
    ++measures.pictures;
    measures.first += result.rank == 1;
    activations.push_back(activation);
    if (result.probability) probabilities.push_back(*result.probability);
    if (!real) continue;
    if (static_cast<size_t>(result.term.unit) >= real->size())
      throw Error(fmt::format("the results have unit {}, the layer only {}", result.term.unit, real->size()),
                  "give the layer that was searched");
    const UnitActivations& unit = real->at(static_cast<size_t>(result.term.unit));
    above += activation > static_cast<double>(unit.best());
    percentiles.push_back(unit.percentile(activation));
    if (const double deviation = unit.deviation(); deviation > 0)
      margins.push_back((activation - static_cast<double>(unit.best())) / deviation);
  }
  measures.activation = median(std::move(activations));
  if (!probabilities.empty()) measures.probability = median(std::move(probabilities));
  if (real) measures.above_best = above, measures.percentile = median(std::move(percentiles));
  if (!margins.empty()) measures.margin = median(std::move(margins));
  return measures;
}

}  // namespace phosphene

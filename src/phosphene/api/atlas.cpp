#include "phosphene/atlas.h"

#include <map>

#include "phosphene/api/bodies.h"
#include "phosphene/atlas/atlas.h"
#include "phosphene/base/error.h"
#include "phosphene/base/image_bytes.h"

namespace phosphene::api {

struct Atlas::Body {
  explicit Body(const std::filesystem::path& file) : atlas(file) {
    for (const phosphene::AtlasLayer& layer : atlas.layers()) names[layer.id] = layer.name;
  }

  phosphene::AtlasLayer layer(const std::string& text) const {
    if (auto found = atlas.layer(text)) return *found;
    std::string all;
    for (const auto& [id, name] : names) all += (all.empty() ? "" : ", ") + name;
    throw Error(fmt::format("there is no layer \"{}\"", text), fmt::format("layers are {}", all)).at(atlas.file());
  }
  // The layer's id, after a look for the unit.
  int64_t layer_of(const std::string& text, int64_t unit) const {
    const phosphene::AtlasLayer found = layer(text);
    if (unit < 0 || unit >= found.units)
      throw Error(fmt::format("there is no unit {}", unit), fmt::format("give one from 0 to {}", found.units - 1))
          .at(fmt::format("{} > {}", atlas.file(), found.name));
    return found.id;
  }
  AtlasUnit public_of(phosphene::AtlasUnit&& from) const {
    AtlasUnit unit;
    unit.layer = names.at(from.layer), unit.unit = from.unit, unit.label = std::move(from.label);
    unit.lowest = from.lowest, unit.highest = from.highest, unit.mean = from.mean, unit.deviation = from.deviation;
    unit.active = from.active, unit.top_class = std::move(from.top_class), unit.seed = from.seed;
    unit.activation = from.activation, unit.rank = from.rank, unit.probability = from.probability, unit.percentile = from.percentile;
    unit.margin = from.margin, unit.path = from.path, unit.judge_rank = from.judge_rank;
    unit.verdict = std::move(from.verdict), unit.colour = std::move(from.colour), unit.reasons = std::move(from.reasons);
    return unit;
  }

  phosphene::Atlas atlas;
  std::map<int64_t, std::string> names;  // of layers, by id
};

Atlas::Atlas(const std::filesystem::path& file) : body_(std::make_unique<Body>(file)) {}
Atlas::~Atlas() = default;
Atlas::Atlas(Atlas&&) noexcept = default;
Atlas& Atlas::operator=(Atlas&&) noexcept = default;

std::string Atlas::meta(const std::string& key) const { return json_text(body_->atlas.meta(key), -1); }
bool Atlas::complete() const { return body_->atlas.progress().complete; }

std::vector<AtlasLayer> Atlas::layers() const {
  std::vector<AtlasLayer> layers;
  for (phosphene::AtlasLayer& from : body_->atlas.layers())
    layers.push_back({from.id, std::move(from.name), std::move(from.path), std::move(from.op), std::move(from.shape), from.units,
                      from.output, from.planned, from.drawn});
  return layers;
}

std::vector<AtlasUnit> Atlas::units(const std::string& layer) const {
  std::vector<AtlasUnit> units;
  for (phosphene::AtlasUnit& from : body_->atlas.units(body_->layer(layer).id)) units.push_back(body_->public_of(std::move(from)));
  return units;
}

AtlasUnit Atlas::unit(const std::string& layer, int64_t unit) const {
  auto found = body_->atlas.unit(body_->layer_of(layer, unit), unit);
  if (!found) throw Error(fmt::format("unit {} of {} is missing", unit, layer), "build the atlas again").at(body_->atlas.file());
  return body_->public_of(std::move(*found));
}

std::vector<AtlasPicture> Atlas::pictures(const std::string& layer, int64_t unit) const {
  const int64_t id = body_->layer_of(layer, unit);
  std::vector<AtlasPicture> pictures;
  for (phosphene::AtlasPicture& from : body_->atlas.pictures(id, unit)) {
    AtlasPicture& picture = pictures.emplace_back();
    picture.seed = from.seed, picture.activation = from.activation, picture.rank = from.rank, picture.probability = from.probability;
    picture.percentile = from.percentile, picture.margin = from.margin, picture.path = from.path, picture.judge_rank = from.judge_rank;
    picture.verdict = std::move(from.verdict), picture.colour = std::move(from.colour), picture.reasons = std::move(from.reasons);
    picture.activations = body_->atlas.activations(id, unit, from.seed), picture.code = body_->atlas.code(id, unit, from.seed);
  }
  return pictures;
}

Picture Atlas::picture(const std::string& layer, int64_t unit, int64_t seed) const {
  const auto file = body_->atlas.webp(body_->layer_of(layer, unit), unit, seed);
  if (!file)
    throw Error(fmt::format("unit {} of {} has no picture of seed {}", unit, layer, seed), "take a seed of pictures()")
        .at(body_->atlas.file());
  return picture_of(decode_image(*file, 3));
}

std::vector<AtlasExample> Atlas::examples(const std::string& layer, int64_t unit) const {
  std::vector<AtlasExample> examples;
  for (phosphene::AtlasExample& from : body_->atlas.examples(body_->layer_of(layer, unit), unit))
    examples.push_back({from.top, from.place, from.photo, from.activation, from.crop_y, from.crop_x, from.crop_height, from.crop_width,
                        std::move(from.name), std::move(from.class_name)});
  return examples;
}

Picture Atlas::photo(int64_t photo) const {
  const auto file = body_->atlas.photo_webp(photo);
  if (!file) throw Error(fmt::format("there is no photo {}", photo), "take the photo of an example").at(body_->atlas.file());
  return picture_of(decode_image(*file, 3));
}

std::vector<AtlasNeighbour> Atlas::neighbours(const std::string& layer, int64_t unit) const {
  std::vector<AtlasNeighbour> neighbours;
  for (const phosphene::AtlasNeighbour& from : body_->atlas.neighbours(body_->layer_of(layer, unit), unit))
    neighbours.push_back({body_->names.at(from.layer), from.unit, from.similarity});
  return neighbours;
}

}  // namespace phosphene::api

// Drawn pictures and real ones are shown alike: only the part that the unit sees, where its receptive field lies for the unit at the
// centre, on the mean colour of the network's preprocessing.
#include <algorithm>
#include <cmath>

#include "phosphene/atlas/data_pass.h"
#include "phosphene/atlas/measure.h"
#include "phosphene/atlas/path.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/synth/bridge.h"

namespace phosphene {

namespace {

constexpr size_t kTopOfPath = 9;      // real pictures of a unit
constexpr size_t kLayersOfPath = 12;  // of those on the way, evenly spread

std::vector<int64_t> way_to(const NetworkLayers& layers, int64_t layer) {
  const std::vector<int64_t>& all = layers.ancestors[static_cast<size_t>(layer)];
  if (all.size() <= kLayersOfPath) return all;
  std::vector<int64_t> way;
  for (size_t i = 0; i < kLayersOfPath; ++i) way.push_back(all[(i * 2 + 1) * all.size() / (2 * kLayersOfPath)]);
  return way;
}

Image mean_coloured(const Preprocess& preprocess, const ImageSize& size) {
  Image image = Image::blank(size.height, size.width, preprocess.channels());
  for (int64_t c = 0; c < preprocess.channels(); ++c) {
    const float level = preprocess.mean[static_cast<size_t>(c)] / preprocess.scale;
    const auto value = static_cast<uint8_t>(std::clamp(std::lround(level), 0L, 255L));
    for (int64_t i = 0; i < size.height * size.width; ++i)
      image.pixels[static_cast<size_t>(i * image.channels + preprocess.picture_channel(c))] = value;
  }
  return image;
}

// A picture of which the unit sees `rect`, moved so that this part lies at `to`.
Image shown_alone(const Image& photo, const PixelRect& rect, const PixelRect& to, Image canvas) {
  for (int64_t y = std::max<int64_t>(0, to.y); y < std::min(canvas.height, to.y + to.height); ++y)
    for (int64_t x = std::max<int64_t>(0, to.x); x < std::min(canvas.width, to.x + to.width); ++x) {
      const int64_t from_y = y - to.y + rect.y, from_x = x - to.x + rect.x;
      if (from_y < 0 || from_x < 0 || from_y >= photo.height || from_x >= photo.width) continue;
      std::copy_n(photo.at(from_y, from_x), canvas.channels, canvas.at(y, x));
    }
  return canvas;
}

struct Drawn {
  int64_t id = 0, unit = 0;
  PixelRect shown;
  std::string webp;
};

// All that one layer's paths need.
struct LayerPaths {
  std::vector<std::vector<Sighting>> top;  // of each unit
  std::vector<Drawn> drawn;
  PixelRect visible;  // part of the prior's picture that the network sees
};

void write_paths(Database& database, const LayerPaths& paths, WayVectors& vectors) {
  std::vector<int64_t> first;  // row of each unit's first top picture
  int64_t row = 0;
  std::vector<int64_t> tops;
  for (const auto& of : paths.top) {
    first.push_back(row);
    for (size_t i = 0; i < of.size(); ++i) tops.push_back(row++);
  }
  standardise(vectors, tops);
  const WaySum all = sum_of(vectors, tops);
  Transaction transaction(database);
  for (const Drawn& picture : paths.drawn) {
    std::vector<int64_t> mine;
    for (size_t i = 0; i < paths.top[static_cast<size_t>(picture.unit)].size(); ++i)
      mine.push_back(first[static_cast<size_t>(picture.unit)] + static_cast<int64_t>(i));
    const PathOfPicture path = path_of(vectors, row++, mine, all);
    Json steps = Json::array();
    for (const auto& [layer, similarity] : path.layers) steps.push_back({layer, similarity});
    database.run("UPDATE picture SET path = ?, path_layers = ? WHERE id = ?",
                 path.layers.empty() ? std::nullopt : std::optional(path.mean()), steps.dump(), picture.id);
  }
  transaction.commit();
}

}  // namespace

bool measure_paths(Database& database, const MeasureInputs& inputs) {
  const AtlasPlan& plan = inputs.plan;
  const Model& network = *plan.network;
  const ImageSize size = picture_size(network);
  const PictureSpace input = input_space(network);
  SeenParts seen(network, plan.layers);
  for (const AtlasTurn& turn : plan.turns) {
    const std::vector<int64_t> way = way_to(plan.layers, turn.layer);
    if (way.empty()) continue;
    const std::optional<LayerStatistics> statistics = layer_statistics(database, turn.layer);
    PHOSPHENE_CHECK(statistics.has_value());
    LayerPaths paths{.top = {}, .drawn = {}, .visible = through_bridge({0, 0, size.height, size.width}, plan.prior->picture, input)};
    for (int64_t unit = 0; unit < statistics->units(); ++unit) {
      const std::vector<Sighting>& top = statistics->unit(unit).top();
      paths.top.emplace_back(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(std::min(kTopOfPath, top.size())));
    }
    for (Rows rows =
             database.query("SELECT id, unit, shown_y, shown_x, height, width FROM picture WHERE layer = ? ORDER BY id", turn.layer);
         rows.next();)
      paths.drawn.push_back({rows.integer(0), rows.integer(1), {rows.integer(2), rows.integer(3), rows.integer(4), rows.integer(5)}, {}});
    const NetworkLayer& of = plan.layers.layers[static_cast<size_t>(turn.layer)];
    const bool maps = of.maps && turn.recipe.at.kind != Place::Kind::kMean;
    const Place& at = turn.recipe.at;
    const int64_t centre_position = !maps                             ? 0
                                    : at.kind == Place::Kind::kCentre ? of.shape[1] / 2 * of.shape[2] + of.shape[2] / 2
                                                                      : at.y * of.shape[2] + at.x;
    const PixelRect whole{0, 0, size.height, size.width}, to = maps ? seen.of(turn.layer, centre_position) : whole;
    std::vector<Sighting> sightings;
    for (const auto& top : paths.top) sightings.insert(sightings.end(), top.begin(), top.end());
    std::vector<PixelRect> rects;
    for (const Sighting& sighting : sightings) rects.push_back(maps ? seen.of(turn.layer, sighting.position) : whole);
    for (Drawn& picture : paths.drawn) {
      Rows row = database.query("SELECT webp FROM picture WHERE id = ?", picture.id);
      if (row.next()) picture.webp = row.blob(0);
    }
    const Image grey = mean_coloured(input.preprocess, size);
    const Image grey_of_prior = mean_coloured(input.preprocess, {paths.visible.height, paths.visible.width});
    const auto picture = [&](int64_t i) {
      if (i < static_cast<int64_t>(sightings.size())) {
        const auto k = static_cast<size_t>(i);
        const Image photo = inputs.photos->read(sightings[k].photo);
        return maps ? shown_alone(photo, rects[k], to, grey) : photo;
      }
      const Drawn& drawn = paths.drawn[static_cast<size_t>(i) - sightings.size()];
      Image canvas = grey_of_prior;
      paste(canvas, decode_image(drawn.webp, canvas.channels), drawn.shown.y - paths.visible.y, drawn.shown.x - paths.visible.x);
      return canvas.height == size.height && canvas.width == size.width ? canvas : resize(canvas, size.height, size.width);
    };
    LayerReader reader(network, plan.layers, way, turn.recipe.engine);
    const auto all = static_cast<int64_t>(sightings.size() + paths.drawn.size());
    const auto on_progress = [&](int64_t done) {
      if (inputs.on_progress) inputs.on_progress(fmt::format("paths to {}", of.path), done, all);
    };
    std::vector<WayLayer> layers;
    for (const int64_t layer : way) {
      const Shape& shape = plan.layers.layers[static_cast<size_t>(layer)].shape;
      const bool all_positions = !maps || !plan.layers.layers[static_cast<size_t>(layer)].maps;
      layers.push_back(
          {layer, all_positions && shape.rank() == 3 ? PixelRect{0, 0, shape[1], shape[2]} : positions_seen(seen, layer, shape, to)});
    }
    WayVectors vectors = read_way(reader, layers, all, picture, on_progress, inputs.stop);
    if (inputs.stop.stop_requested()) return false;
    write_paths(database, paths, vectors);
  }
  return true;
}

}  // namespace phosphene

#include <algorithm>
#include <numeric>
#include <set>

#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/data_pass.h"
#include "phosphene/atlas/measure.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/atlas/writer.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/base/text.h"

namespace phosphene {

namespace {

constexpr float kPhotoQuality = 85;
constexpr size_t kClasses = 5;  // kept of each unit

struct UnitNumbers {
  double mean = 0, deviation = 0;
};

// The unit's row and its distribution.
UnitNumbers write_distribution(Database& database, int64_t layer, int64_t unit, const LayerStatistics& statistics,
                               std::span<const int64_t> readable) {
  const UnitStatistics& of = statistics.unit(unit);
  const auto count = static_cast<double>(of.count());
  const double lowest = of.lowest(), highest = of.top().front().activation;
  const double mean = std::clamp(statistics.sum(unit) / count, lowest, highest), deviation = of.deviation(mean);
  database.run("UPDATE unit SET lowest = ?, highest = ?, mean = ?, deviation = ?, active = ? WHERE layer = ? AND unit = ?", lowest, highest,
               mean, deviation, of.share_above_zero(), layer, unit);
  std::vector<uint32_t> histogram;
  double before = 0;
  for (int64_t bin = 1; bin <= kHistogramBins; ++bin) {  // rounded cumulative counts, so that they add up to all pictures
    const double edge = lowest + (highest - lowest) * static_cast<double>(bin) / static_cast<double>(kHistogramBins);
    const double below = bin == kHistogramBins ? count : std::round(of.below(edge));
    histogram.push_back(static_cast<uint32_t>(std::max(0.0, below - before)));
    before = std::max(before, below);
  }
  std::vector<double> shares;
  for (int64_t i = 0; i < kQuantiles; ++i) shares.push_back(count * static_cast<double>(i) / static_cast<double>(kQuantiles - 1));
  const std::span<const uint16_t> all = statistics.responses(unit);
  std::string responses;
  for (const int64_t place : readable) responses.append(reinterpret_cast<const char*>(&all[static_cast<size_t>(place)]), sizeof(uint16_t));
  database.run("INSERT OR REPLACE INTO distribution VALUES (?, ?, ?, ?, ?)", layer, unit, Blob{uint32_blob(histogram)},
               Blob{float32_blob(of.quantiles(shares))}, Blob{responses});
  return {mean, deviation};
}

void write_examples(Database& database, int64_t layer, int64_t unit, const UnitStatistics& of, SeenParts& seen, std::set<int64_t>& photos) {
  const auto write = [&](const char* kind, int64_t place, const Sighting& sighting) {
    const PixelRect crop = clip(seen.of(layer, sighting.position), seen.height(), seen.width());
    database.run("INSERT OR REPLACE INTO example VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", layer, unit, kind, place,
                 static_cast<int64_t>(sighting.photo), static_cast<double>(sighting.activation), crop.y, crop.x, crop.height, crop.width);
    photos.insert(sighting.photo);
  };
  for (size_t i = 0; i < of.top().size(); ++i) write("top", static_cast<int64_t>(i), of.top()[i]);
  const double lowest = of.lowest(), width = (of.top().front().activation - lowest) / kTenths;
  if (width <= 0) return;
  for (int64_t tenth = 0; tenth < kTenths; ++tenth)
    if (const Sighting* one = of.nearest(lowest + width * static_cast<double>(tenth), lowest + width * static_cast<double>(tenth + 1)))
      write("tenth", tenth, *one);
}

void write_classes(Database& database, int64_t layer, int64_t unit, const LayerStatistics& statistics, const UnitNumbers& numbers,
                   const std::vector<int64_t>& pictures) {
  std::vector<std::pair<double, int64_t>> means;
  for (size_t i = 0; i < pictures.size(); ++i)
    if (pictures[i] > 0)
      means.emplace_back(statistics.class_sum(unit, static_cast<int64_t>(i)) / static_cast<double>(pictures[i]), static_cast<int64_t>(i));
  std::ranges::sort(means, [](const auto& a, const auto& b) { return a.first > b.first || (a.first == b.first && a.second < b.second); });
  for (size_t place = 0; place < std::min(kClasses, means.size()); ++place) {
    const double score = numbers.deviation > 0 ? (means[place].first - numbers.mean) / numbers.deviation : 0;
    database.run("INSERT OR REPLACE INTO unit_class VALUES (?, ?, ?, ?, ?, ?)", layer, unit, place, means[place].second, means[place].first,
                 score);
  }
}

void write_percentiles(Database& database, int64_t layer, const LayerStatistics& statistics) {
  struct Picture {
    int64_t id, unit;
    double activation;
  };
  std::vector<Picture> pictures;
  for (Rows rows = database.query("SELECT id, unit, activation FROM picture WHERE layer = ?", layer); rows.next();)
    pictures.push_back({rows.integer(0), rows.integer(1), rows.real(2)});
  for (const Picture& picture : pictures) {
    const UnitStatistics& of = statistics.unit(picture.unit);
    Rows row = database.query("SELECT highest, deviation FROM unit WHERE layer = ? AND unit = ?", layer, picture.unit);
    if (!row.next()) continue;
    const double highest = row.real(0), deviation = row.real(1);
    database.run("UPDATE picture SET percentile = ?, margin = ? WHERE id = ?",
                 of.below(picture.activation) / static_cast<double>(of.count()),
                 deviation > 0 ? std::optional((picture.activation - highest) / deviation) : std::nullopt, picture.id);
  }
}

bool write_photos(Database& database, const MeasureInputs& inputs, const std::set<int64_t>& wanted) {
  constexpr size_t kTogether = 64;
  std::vector<int64_t> missing;
  for (const int64_t photo : wanted)
    if (database.query("SELECT count(*) FROM photo WHERE id = ?", photo).one_integer() == 0) missing.push_back(photo);
  for (size_t first = 0; first < missing.size(); first += kTogether) {
    if (inputs.stop.stop_requested()) return false;
    Transaction transaction(database);
    for (size_t i = first; i < std::min(first + kTogether, missing.size()); ++i) {
      const Image image = inputs.photos->read(missing[i]);
      const std::string_view pixels(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size());
      const int64_t cls = inputs.photos->class_of(missing[i]);
      database.run("INSERT INTO photo VALUES (?, ?, ?, ?, ?, ?, ?)", missing[i], as_utf8(inputs.photos->name(missing[i])),
                   cls >= 0 ? std::optional(cls) : std::nullopt, image.height, image.width, sha256(pixels),
                   Blob{webp_lossy(image, kPhotoQuality)});
    }
    transaction.commit();
    if (inputs.on_progress)
      inputs.on_progress("storing real pictures", static_cast<int64_t>(std::min(first + kTogether, missing.size())),
                         static_cast<int64_t>(missing.size()));
  }
  return true;
}

}  // namespace

bool measure_data(Database& database, const MeasureInputs& inputs) {
  const Photos& photos = *inputs.photos;
  const NetworkLayers& layers = inputs.plan.layers;
  SeenParts seen(*inputs.plan.network, layers);
  const std::vector<int64_t> sample = photos.sample();
  std::vector<int64_t> class_pictures;
  for (Rows rows = database.query("SELECT pictures FROM class ORDER BY id"); rows.next();) class_pictures.push_back(rows.integer(0));
  std::set<int64_t> used;
  for (size_t i = 0; i < layers.layers.size(); ++i) {
    if (inputs.stop.stop_requested()) return false;
    const auto layer = static_cast<int64_t>(i);
    const std::optional<LayerStatistics> statistics = layer_statistics(database, layer);
    PHOSPHENE_CHECK(statistics.has_value());
    if (statistics->unit(0).count() == 0) throw Error("no picture of it could be read", "give other pictures with --data");
    std::vector<int64_t> readable;
    for (size_t place = 0; place < sample.size(); ++place)
      if (statistics->responses(0)[place] != LayerStatistics::kMissing) readable.push_back(static_cast<int64_t>(place));
    Transaction transaction(database);
    if (layer == 0) {
      database.execute("DELETE FROM sample");
      for (size_t place = 0; place < readable.size(); ++place) {
        const int64_t photo = sample[static_cast<size_t>(readable[place])];
        database.run("INSERT INTO sample VALUES (?, ?, ?)", place, photo, as_utf8(photos.name(photo)));
      }
    }
    for (int64_t unit = 0; unit < statistics->units(); ++unit) {
      const UnitNumbers numbers = write_distribution(database, layer, unit, *statistics, readable);
      write_examples(database, layer, unit, statistics->unit(unit), seen, used);
      write_classes(database, layer, unit, *statistics, numbers, class_pictures);
    }
    write_percentiles(database, layer, *statistics);
    transaction.commit();
    if (inputs.on_progress) inputs.on_progress("comparing with real pictures", layer + 1, static_cast<int64_t>(layers.layers.size()));
  }
  return write_photos(database, inputs, used);
}

}  // namespace phosphene

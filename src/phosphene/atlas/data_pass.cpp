#include "phosphene/atlas/data_pass.h"

#include <algorithm>

#include "phosphene/atlas/photo_stream.h"
#include "phosphene/atlas/writer.h"
#include "phosphene/base/parallel.h"

namespace phosphene {

namespace {

constexpr double kCheckpointSeconds = 20;
constexpr size_t kBlock = 256;  // photos counted together: a unit's state, some kilobytes, comes to the processor once for all of them

// What the layers said of photos that are not counted yet.
class Block {
 public:
  explicit Block(std::vector<LayerStatistics>& states) : states_(states), values_(states.size()), places_(states.size()) {
    for (const LayerStatistics& state : states) first_units_.push_back(first_units_.back() + state.units());
  }

  bool full() const { return photos_.size() >= kBlock; }

  // The last pictures of the reader.
  void add(LayerReader& reader, std::span<const LayerStatistics::Photo> photos) {
    for (size_t i = 0; i < photos.size(); ++i) {
      photos_.push_back(photos[i]);
      for (size_t layer = 0; layer < states_.size(); ++layer) {
        const std::span<const float> values = reader.value(static_cast<int64_t>(layer), static_cast<int64_t>(i)),
                                     places = reader.places(static_cast<int64_t>(layer), static_cast<int64_t>(i));
        values_[layer].insert(values_[layer].end(), values.begin(), values.end());
        places_[layer].insert(places_[layer].end(), places.begin(), places.end());
      }
    }
  }

  // Puts all of it into the states, and forgets it.
  void count() {
    const auto of_units = [&](int64_t first, int64_t last) {
      auto layer = static_cast<size_t>(std::ranges::upper_bound(first_units_, first) - first_units_.begin() - 1);
      for (int64_t at = first; at < last; ++at) {
        while (at >= first_units_[layer + 1]) ++layer;
        const auto unit = static_cast<size_t>(at - first_units_[layer]), units = static_cast<size_t>(states_[layer].units());
        const bool placed = !places_[layer].empty();
        for (size_t i = 0; i < photos_.size(); ++i)
          states_[layer].add(static_cast<int64_t>(unit), photos_[i], values_[layer][i * units + unit],
                             placed ? static_cast<uint32_t>(places_[layer][i * units + unit]) : 0);
      }
    };
    parallel_for(first_units_.back(), of_units, threads());
    photos_.clear();
    for (auto* arrays : {&values_, &places_})
      for (std::vector<float>& array : *arrays) array.clear();
  }

 private:
  std::vector<LayerStatistics>& states_;
  std::vector<int64_t> first_units_ = {0};  // of each layer, among the units of all
  std::vector<LayerStatistics::Photo> photos_;
  std::vector<std::vector<float>> values_, places_;  // of each layer: [photos, units]; a layer of one position has no places
};

std::vector<LayerStatistics> load_or_begin(const Database& database, const NetworkLayers& layers, const AtlasPart& part,
                                           const Photos& photos, int64_t sample) {
  std::vector<LayerStatistics> states;
  for (size_t layer = 0; layer < layers.layers.size(); ++layer) {
    Rows rows = database.query("SELECT state FROM data_state WHERE part = ? AND layer = ?", part.index, layer);
    if (rows.next())
      states.push_back(LayerStatistics::read(rows.blob(0)));
    else
      states.emplace_back(layers.layers[layer].units, static_cast<int64_t>(photos.classes().size()), sample);
  }
  return states;
}

}  // namespace

bool all_photos_read(const Database& database) {
  Rows rows = database.query("SELECT count(*), max(parts), coalesce(sum(pictures), 0), coalesce(sum(read), 0) FROM data_part");
  return rows.next() && rows.integer(0) > 0 && rows.integer(0) == rows.integer(1) && rows.integer(2) == rows.integer(3);
}

std::optional<LayerStatistics> layer_statistics(const Database& database, int64_t layer) {
  std::optional<LayerStatistics> all;
  for (Rows rows = database.query("SELECT state FROM data_state WHERE layer = ? ORDER BY part", layer); rows.next();) {
    LayerStatistics part = LayerStatistics::read(rows.blob(0));
    if (all)
      all->merge(part);
    else
      all = std::move(part);
  }
  return all;
}

bool read_photos(Database& database, const Photos& photos, const Model& network, const NetworkLayers& layers, const std::string& engine,
                 const AtlasPart& part, const std::function<void(int64_t, int64_t)>& on_progress, const std::stop_token& stop,
                 DataPassTimes* times) {
  std::vector<int64_t> mine;
  for (int64_t photo = 0; photo < photos.count(); ++photo)
    if (part.has(photo)) mine.push_back(photo);
  const auto all = static_cast<int64_t>(mine.size());
  database.run("INSERT OR IGNORE INTO data_part VALUES (?, ?, ?, 0)", part.index, part.of, all);
  int64_t done = database.query("SELECT read FROM data_part WHERE part = ?", part.index).one_integer();
  if (done >= all) return true;

  const std::vector<int64_t> sample = photos.sample();
  std::vector<LayerStatistics> states = load_or_begin(database, layers, part, photos, static_cast<int64_t>(sample.size()));
  std::vector<int64_t> which;
  for (size_t layer = 0; layer < layers.layers.size(); ++layer) which.push_back(static_cast<int64_t>(layer));
  LayerReader reader(network, layers, which, engine, LayerValues::kHighest);
  PhotoStream stream(photos, {mine.begin() + done, mine.end()}, reader.batch());
  Block block(states);
  double kept = seconds_now();
  int64_t kept_done = done;
  const auto checkpoint = [&] {
    block.count();
    Transaction transaction(database);
    for (size_t layer = 0; layer < states.size(); ++layer)
      database.run("INSERT OR REPLACE INTO data_state VALUES (?, ?, ?)", part.index, layer, Blob{states[layer].write()});
    database.run("UPDATE data_part SET read = ? WHERE part = ?", done, part.index);
    add_timing(database, "read", done - kept_done, seconds_now() - kept);
    transaction.commit();
    kept = seconds_now();
    kept_done = done;
  };
  while (done < all && !stop.stop_requested()) {
    const double start = seconds_now();
    const PhotoStream::Batch batch = stream.next();
    std::vector<LayerStatistics::Photo> of;
    for (const int64_t photo : batch.photos) {
      const auto place = std::ranges::lower_bound(sample, photo);
      of.push_back(
          {static_cast<uint32_t>(photo), photos.class_of(photo), place != sample.end() && *place == photo ? place - sample.begin() : -1});
    }
    const double read_at = seconds_now();
    reader.read(batch.pictures);
    const double forward_at = seconds_now();
    block.add(reader, of);
    done += batch.taken;
    if (block.full() || done == all) block.count();
    if (times) {
      times->pictures += batch.taken;
      times->waiting += read_at - start, times->forward += forward_at - read_at, times->counting += seconds_now() - forward_at;
    }
    if (on_progress) on_progress(done, all);
    if (seconds_now() - kept > kCheckpointSeconds) checkpoint();
  }
  checkpoint();
  return done == all;
}

}  // namespace phosphene

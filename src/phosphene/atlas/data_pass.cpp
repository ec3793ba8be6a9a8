#include "phosphene/atlas/data_pass.h"

#include <algorithm>

#include "phosphene/atlas/writer.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"

namespace phosphene {

namespace {

constexpr double kCheckpointSeconds = 20;

// max over x[0 .. n), in eight running maxima, which a compiler keeps in one register.
float highest_of(const float* x, int64_t n) {
  constexpr int64_t kWide = 8;
  if (n < kWide) return *std::max_element(x, x + n);
  float best[kWide];
  std::copy_n(x, kWide, best);
  int64_t i = kWide;
  for (; i + kWide <= n; i += kWide)
    for (int64_t k = 0; k < kWide; ++k) best[k] = x[i + k] > best[k] ? x[i + k] : best[k];
  float highest = best[0];
  for (int64_t k = 1; k < kWide; ++k) highest = std::max(highest, best[k]);
  for (; i < n; ++i) highest = std::max(highest, x[i]);
  return highest;
}

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
  LayerReader reader(network, layers, which, engine);
  std::vector<int64_t> first_units = {0};  // of each layer, among the units of all
  for (const LayerStatistics& state : states) first_units.push_back(first_units.back() + state.units());
  double kept = seconds_now();
  int64_t kept_done = done;
  const auto checkpoint = [&] {
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
    const int64_t here = std::min(reader.batch(), all - done);
    std::vector<Image> decoded(static_cast<size_t>(here));
    std::vector<std::string> broken(static_cast<size_t>(here));
    const auto decode = [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) try {
          decoded[static_cast<size_t>(i)] = photos.read(mine[static_cast<size_t>(done + i)]);
        } catch (const Error& error) {
          broken[static_cast<size_t>(i)] = error.what();
        }
    };
    parallel_for(here, decode, threads());
    std::vector<Image> pictures;
    std::vector<LayerStatistics::Photo> of;
    for (int64_t i = 0; i < here; ++i) {
      if (const std::string& what = broken[static_cast<size_t>(i)]; !what.empty()) {
        log_warning("left out: " + what);
        continue;
      }
      const int64_t photo = mine[static_cast<size_t>(done + i)];
      const auto place = std::ranges::lower_bound(sample, photo);
      of.push_back(
          {static_cast<uint32_t>(photo), photos.class_of(photo), place != sample.end() && *place == photo ? place - sample.begin() : -1});
      pictures.push_back(std::move(decoded[static_cast<size_t>(i)]));
    }
    const double read_at = seconds_now();
    reader.read(pictures);
    const double forward_at = seconds_now();
    // One loop over the units of all layers: threads meet once a batch.
    std::vector<std::vector<std::span<const float>>> values(states.size());
    for (size_t layer = 0; layer < states.size(); ++layer)
      for (size_t i = 0; i < pictures.size(); ++i)
        values[layer].push_back(reader.value(static_cast<int64_t>(layer), static_cast<int64_t>(i)));
    const auto count = [&](int64_t first, int64_t last) {
      auto layer = static_cast<size_t>(std::ranges::upper_bound(first_units, first) - first_units.begin() - 1);
      for (int64_t at = first; at < last; ++at) {
        while (at >= first_units[layer + 1]) ++layer;
        const int64_t unit = at - first_units[layer], positions = reader.positions(static_cast<int64_t>(layer));
        for (size_t i = 0; i < pictures.size(); ++i) {
          const float* map = values[layer][i].data() + unit * positions;
          const float highest = highest_of(map, positions);
          int64_t position = 0;
          if (positions > 1 && states[layer].unit(unit).keeps(highest, of[i].number))
            position = std::find(map, map + positions, highest) - map;
          states[layer].add(unit, of[i], highest, static_cast<uint32_t>(position < positions ? position : 0));
        }
      }
    };
    parallel_for(first_units.back(), count, threads());
    done += here;
    if (times) {
      times->pictures += here;
      times->decoding += read_at - start, times->forward += forward_at - read_at, times->counting += seconds_now() - forward_at;
    }
    if (on_progress) on_progress(done, all);
    if (seconds_now() - kept > kCheckpointSeconds) checkpoint();
  }
  checkpoint();
  return done == all;
}

}  // namespace phosphene

#include <algorithm>
#include <map>

#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/likeness.h"
#include "phosphene/atlas/measure.h"

namespace phosphene {

namespace {

constexpr size_t kNear = 8;  // kept of each unit and scope

struct LayerRows {
  int64_t layer = 0;
  std::vector<int64_t> units;  // of each row
  UnitRows rows;
};

// The responses of a layer's units to the sample; without data the codes of their pictures. No rows where there is neither.
LayerRows rows_of(const Database& database, int64_t layer, bool data) {
  LayerRows result{.layer = layer, .units = {}, .rows = {}};
  std::vector<std::vector<float>> all;
  Rows rows = data ? database.query("SELECT unit, responses FROM distribution WHERE layer = ? ORDER BY unit", layer)
                   : database.query(
                         "SELECT p.unit, p.code FROM picture p JOIN unit u ON u.layer = p.layer AND u.unit = p.unit AND u.seed = "
                         "p.seed WHERE p.layer = ? ORDER BY p.unit",
                         layer);
  while (rows.next()) {
    result.units.push_back(rows.integer(0));
    all.push_back(floats_of_float16(rows.blob(1)));
  }
  if (all.empty()) return result;
  result.rows.resize(static_cast<Eigen::Index>(all.size()), static_cast<Eigen::Index>(all[0].size()));
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].size() != all[0].size()) throw Error("units of one layer have codes of different sizes", "build the atlas again");
    for (size_t k = 0; k < all[i].size(); ++k) result.rows(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = all[i][k];
  }
  normalise(result.rows, data);
  return result;
}

void write_near(Database& database, const LayerRows& of, const char* scope, const std::vector<std::vector<NearUnit>>& near) {
  for (size_t i = 0; i < near.size(); ++i)
    for (size_t place = 0; place < near[i].size(); ++place)
      database.run("INSERT OR REPLACE INTO likeness VALUES (?, ?, ?, ?, ?, ?, ?)", of.layer, of.units[i], scope, place,
                   near[i][place].layer, near[i][place].unit, near[i][place].similarity);
}

}  // namespace

bool measure_likeness(Database& database, const MeasureInputs& inputs) {
  const bool data = inputs.photos != nullptr;
  std::vector<LayerRows> layers;
  for (size_t i = 0; i < inputs.plan.layers.layers.size(); ++i)
    if (LayerRows rows = rows_of(database, static_cast<int64_t>(i), data); rows.rows.rows() > 0) layers.push_back(std::move(rows));
  for (size_t i = 0; i < layers.size(); ++i) {
    if (inputs.stop.stop_requested()) return false;
    const LayerRows& of = layers[i];
    std::vector<std::vector<NearUnit>> in_layer, in_network(of.units.size());
    for (const LayerRows& others : layers) {
      if (others.rows.cols() != of.rows.cols()) continue;  // codes of other priors
      std::vector<std::vector<NearUnit>> near = nearest(of.rows, others.rows, others.layer, &others == &of, kNear);
      for (auto& each : near)
        for (NearUnit& unit : each) unit.unit = others.units[static_cast<size_t>(unit.unit)];
      if (&others == &of) {
        in_layer = std::move(near);
        continue;
      }
      for (size_t k = 0; k < near.size(); ++k) in_network[k].insert(in_network[k].end(), near[k].begin(), near[k].end());
    }
    for (auto& near : in_network) {
      std::ranges::stable_sort(near, [](const NearUnit& a, const NearUnit& b) { return a.similarity > b.similarity; });
      if (near.size() > kNear) near.resize(kNear);
    }
    const auto places = map_of(of.rows);
    Transaction transaction(database);
    write_near(database, of, "layer", in_layer);
    write_near(database, of, "network", in_network);
    for (size_t k = 0; k < places.size(); ++k)
      database.run("UPDATE unit SET map_x = ?, map_y = ? WHERE layer = ? AND unit = ?", places[k].first, places[k].second, of.layer,
                   of.units[k]);
    transaction.commit();
    if (inputs.on_progress) inputs.on_progress("likeness", static_cast<int64_t>(i + 1), static_cast<int64_t>(layers.size()));
  }
  return true;
}

}  // namespace phosphene

// Data pass: reads real pictures once, for all units of all layers, and keeps its state in the atlas.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "phosphene/atlas/database.h"
#include "phosphene/atlas/layer_reader.h"
#include "phosphene/atlas/photos.h"
#include "phosphene/atlas/plan.h"
#include "phosphene/atlas/unit_statistics.h"

namespace phosphene {

struct DataPassTimes {
  int64_t pictures = 0;
  double waiting = 0, forward = 0, counting = 0;  // seconds; waiting: for decoded pictures, beside which the other two go on
};

// Reads the pictures of a part that the atlas does not have yet. The state goes into the atlas every 20 seconds and at the end: a killed
// pass goes on from there. False: it was stopped. Files that cannot be read are left out with a warning.
bool read_photos(Database& database, const Photos& photos, const Model& network, const NetworkLayers& layers, const std::string& engine,
                 const AtlasPart& part, const std::function<void(int64_t done, int64_t all)>& on_progress, const std::stop_token& stop,
                 DataPassTimes* times = nullptr);

// The state of all parts of a layer, merged. Nothing when a part is missing or not done.
std::optional<LayerStatistics> layer_statistics(const Database& database, int64_t layer);
bool all_photos_read(const Database& database);

}  // namespace phosphene

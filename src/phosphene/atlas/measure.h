// Measure: every figure of an atlas whose pictures are drawn and whose real pictures are read. The same work in any order of parts gives
// the same content.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "phosphene/atlas/database.h"
#include "phosphene/atlas/photos.h"
#include "phosphene/atlas/plan.h"

namespace phosphene {

struct AtlasJudge {
  std::shared_ptr<const Model> network;
  std::vector<std::optional<int64_t>> classes;  // of each output unit: the judge's class
};

struct MeasureInputs {
  const AtlasPlan& plan;
  const Photos* photos = nullptr;     // null: no data
  const AtlasJudge* judge = nullptr;  // null: none
  std::function<void(const std::string& doing, int64_t done, int64_t all)> on_progress;
  std::stop_token stop;
};

// True: everything is measured, and the atlas is complete. False: it was stopped.
bool measure_atlas(Database& database, const MeasureInputs& inputs);

// Steps of it, a file each. False: stopped.
bool measure_data(Database& database, const MeasureInputs& inputs);      // distributions, examples, photos, classes, percentiles
bool measure_paths(Database& database, const MeasureInputs& inputs);     // path of every picture
bool measure_transfer(Database& database, const MeasureInputs& inputs);  // the judge's ranks
bool measure_likeness(Database& database, const MeasureInputs& inputs);  // nearest units, maps

}  // namespace phosphene

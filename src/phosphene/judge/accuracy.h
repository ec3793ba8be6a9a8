// Accuracy of a classifier on labelled pictures, their classes found among its units by name.
#pragma once

#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/engine/program.h"
#include "phosphene/judge/class_map.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

struct FolderClasses {
  ClassMap units;       // of each of the data's classes; of a network with one probability: 0 for "no", 1 for "yes"
  std::string how;      // in words: "by name", "in order: ..."
  std::string problem;  // why there is no accuracy; empty when there is one
};

// By the names of both sides; in order where the network has no labels and as many units as the data has classes. `names`: the data's
// classes by other names (class_map.h).
FolderClasses find_folder_classes(const Model& model, const std::vector<std::string>& names);

struct NamedAccuracy {
  int64_t pictures = 0;       // of classes that the network has
  double top1 = 0, top5 = 0;  // shares of these; top5 is 1 for a network with one probability
};
NamedAccuracy measure_named_accuracy(const Model& model, const Dataset& data, const ClassMap& units, const std::string& engine,
                                     Precision precision, int64_t batch = 100);

// top1, top5, how classes were found and which were not; or "no_accuracy" with the reason.
Json accuracy_json(const Model& model, const Dataset& data, const FolderClasses& classes, const std::string& engine, Precision precision);

}  // namespace phosphene

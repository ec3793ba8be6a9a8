// What a model consists of, a row a layer, for people and for files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/model/model.h"

namespace phosphene {

struct LayerRow {
  std::string name;  // the value by which the layer is addressed
  std::string op;
  Shape shape;                // of the value
  int64_t units = 0;          // channels; kUnknown when the shape does not tell
  int64_t parameters = 0;     // floats of the weights that it is the first to use
  int64_t multiply_adds = 0;  // for one item of the batch; kUnknown when the picture's size is open
};

struct Description {
  std::vector<LayerRow> layers;
  int64_t parameters = 0, multiply_adds = 0;  // sums; multiply_adds is kUnknown when a row's is
};

Description describe(const Graph& graph);

// Inputs, outputs, kind, layers, preprocessing, labels (their number), bounds, hash: the JSON form, and the same as a text table.
Json description_json(const Model& model);
std::string description_text(const Model& model);

}  // namespace phosphene

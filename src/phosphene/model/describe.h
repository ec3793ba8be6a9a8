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
  bool computes = false;      // it depends on the input and is more than values moved, reshaped or counted
};

struct Description {
  std::vector<LayerRow> layers;
  int64_t parameters = 0, multiply_adds = 0;  // sums; multiply_adds is kUnknown when a row's is
};

Description describe(const Graph& graph);

const char* to_string(ModelKind kind);

// Inputs, outputs, kind, layers, preprocessing, labels, bounds, hash, warnings.
Json description_json(const Model& model);

struct DescriptionStyle {
  int64_t width = 0;        // columns of the terminal: longer names become paths, then lose their middle; 0: names are whole
  bool all_layers = false;  // also those that compute nothing
};
// The same for people: a table with numbers as 1.79k, 22.1M, 5.6G, then the warnings.
std::string description_text(const Model& model, const DescriptionStyle& style = {});
// "3, 17, 20-24", at most `limit` pieces.
std::string unit_list(const std::vector<int64_t>& units, size_t limit = 8);

}  // namespace phosphene

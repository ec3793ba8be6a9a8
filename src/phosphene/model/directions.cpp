// Units on axis 1 of maps: a convolution of one pixel. Units on the last axis: a matrix product; any other axis is moved there first.
#include "phosphene/model/directions.h"

#include "phosphene/base/error.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/model/units.h"

namespace phosphene {

namespace {

// [k, units] -> [units, k]
std::vector<float> transposed(const std::vector<float>& rows, int64_t units) {
  const auto count = static_cast<int64_t>(rows.size()) / units;
  std::vector<float> columns(rows.size());
  for (int64_t k = 0; k < count; ++k)
    for (int64_t u = 0; u < units; ++u) columns[static_cast<size_t>(u * count + k)] = rows[static_cast<size_t>(k * units + u)];
  return columns;
}

}  // namespace

std::string directions_of(const std::string& layer) { return layer + "/directions"; }

void append_directions(Model& model, const std::string& layer, const Array& directions) {
  Graph& graph = model.graph;
  const int64_t units = unit_count(model, layer);
  const auto& dims = directions.shape;
  if (dims.empty() || dims.size() > 2 || dims.back() != units || directions.values.empty())
    throw Error(fmt::format("directions of {} units were expected, as layer {} has", units, layer),
                "give an array [units], or [directions, units]");
  const int64_t count = dims.size() == 1 ? 1 : dims[0];
  const int axis = unit_axis(graph, layer), rank = graph.type_of(layer).shape.rank();
  const std::string value = directions_of(layer), weight = value + "/weight";
  if (graph.has_value(value)) throw Error(fmt::format("the network has a value {} already", value));
  if (axis == 1 && rank == 4) {
    graph.add_weight(weight, Tensor(Shape{count, units, 1, 1}, directions.values));
    graph.nodes.push_back({value, "Conv", {layer, weight}, {value}, {{"kernel_shape", std::vector<int64_t>{1, 1}}}});
  } else {
    std::string from = layer;
    if (axis != rank - 1) {
      std::vector<int64_t> perm;
      for (int other = 0; other < rank; ++other)
        if (other != axis) perm.push_back(other);
      perm.push_back(axis);
      from = value + "/units_last";
      graph.nodes.push_back({from, "Transpose", {layer}, {from}, {{"perm", perm}}});
    }
    graph.add_weight(weight, Tensor(Shape{units, count}, transposed(directions.values, units)));
    graph.nodes.push_back({value, "MatMul", {from, weight}, {value}, {}});
  }
  graph.outputs.push_back(value);
  graph = infer_shapes(std::move(graph));
  graph.outputs.pop_back();
}

}  // namespace phosphene

// Multiply-adds of one item, with weight W of a convolution [c_out, c_in / g, k ...]:
//
//     Conv            |output| |W| / c_out              every output value is a sum over one filter
//     ConvTranspose   |input| |W| / c_in                every input value is spread over its filters
//     Gemm, MatMul    |output| K                        K: the extent summed over
#include "phosphene/model/describe.h"

#include <algorithm>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/model/warnings.h"

namespace phosphene {
namespace {

// Number of values of one item: the first extent is the batch.
int64_t item_size(const Shape& shape) {
  int64_t size = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    if (shape[axis] == kUnknown) return kUnknown;
    size *= shape[axis];
  }
  return size;
}

Shape shape_of(const Graph& graph, const std::string& value) {
  const auto found = graph.types.find(value);
  return found == graph.types.end() ? Shape{} : found->second.shape;
}

// The same of a value that may have the batch merged with another axis or on another one, where the batch is known.
int64_t share_of_item(const Graph& graph, const Shape& shape) {
  const Shape input = graph.inputs.empty() ? Shape{} : graph.inputs.front().type.shape;
  const bool known = input.rank() > 0 && input[0] > 0 && shape.known() && shape.size() % input[0] == 0;
  return known ? shape.size() / input[0] : item_size(shape);
}

int64_t multiply_adds(const Graph& graph, const Node& node) {
  if (traits_of(node).kind != OpKind::kProduct) return 0;
  const Shape input = shape_of(graph, node.inputs[0]), weight = shape_of(graph, node.inputs[1]);
  if (weight.rank() == 0 || input.rank() == 0) return kUnknown;
  const int64_t counted = share_of_item(graph, node.op == "ConvTranspose" ? input : shape_of(graph, node.outputs[0]));
  if (counted == kUnknown) return kUnknown;
  if (node.op == "Gemm" || node.op == "MatMul") {
    const int64_t summed = node.op == "Gemm" && node.attributes.get_int("transA", 0) ? input[0] : input[-1];
    return summed == kUnknown ? kUnknown : counted * summed;
  }
  return weight.known() ? counted * (weight.size() / std::max<int64_t>(weight[0], 1)) : kUnknown;
}

Json shape_json(const Shape& shape) {
  Json json = Json::array();
  for (const int64_t extent : shape) json.push_back(extent == kUnknown ? Json(nullptr) : Json(extent));
  return json;
}

Json value_json(const Model& model, const std::string& name) {
  const auto found = model.graph.types.find(name);
  if (found == model.graph.types.end()) return {{"name", name}};
  return {{"name", name}, {"type", to_string(found->second.type)}, {"shape", shape_json(found->second.shape)}};
}

}  // namespace

const char* to_string(ModelKind kind) {
  return kind == ModelKind::kClassifier ? "classifier" : kind == ModelKind::kGenerator ? "generator" : "other";
}

Description describe(const Graph& graph) {
  Description result;
  std::set<std::string> counted, fed;  // fed: values that depend on what the input holds, not on its shape alone
  for (const GraphInput& input : graph.inputs) fed.insert(input.name);
  for (const Node& node : graph.nodes) {
    const OpTraits& traits = traits_of(node);
    LayerRow row{.name = node.outputs[0], .op = node.op, .shape = shape_of(graph, node.outputs[0])};
    const bool depends = traits.values != OpValues::kCounted &&
                         std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& input) { return fed.contains(input); });
    if (depends) fed.insert(node.outputs.begin(), node.outputs.end());
    const auto type = graph.types.find(row.name);
    const bool floats = type == graph.types.end() || type->second.type == DataType::kFloat32;
    row.computes = depends && floats && !only_moves(traits);
    row.units = row.shape.rank() > 0 ? row.shape[unit_axis(graph, row.name)] : 1;
    for (const std::string& input : node.inputs) {
      const TensorPtr weight = graph.constant(input);
      if (weight && weight->type() == DataType::kFloat32 && !traits.settings && counted.insert(input).second)
        row.parameters += weight->size();
    }
    row.multiply_adds = multiply_adds(graph, node);
    result.parameters += row.parameters;
    if (result.multiply_adds != kUnknown)
      result.multiply_adds = row.multiply_adds == kUnknown ? kUnknown : result.multiply_adds + row.multiply_adds;
    result.layers.push_back(std::move(row));
  }
  return result;
}

Json description_json(const Model& model) {
  const Description description = describe(model.graph);
  const auto count = [](int64_t value) { return value == kUnknown ? Json(nullptr) : Json(value); };
  Json json;
  json["name"] = model.name;
  json["kind"] = to_string(model.kind);
  json["sha256"] = model.hash;
  json["inputs"] = Json::array();
  for (const GraphInput& input : model.graph.inputs) json["inputs"].push_back(value_json(model, input.name));
  json["outputs"] = Json::array();
  for (const std::string& output : model.graph.outputs) {
    json["outputs"].push_back(value_json(model, output));
    const OutputMeaning meaning = meaning_of(model.graph, output);
    json["outputs"].back()["meaning"] = meaning.to_string();
    json["outputs"].back()["scores"] = meaning.scores;
  }
  json["class_output"] = model.meaning().output;
  json["layers"] = Json::array();
  for (const LayerRow& row : description.layers)
    json["layers"].push_back({{"name", row.name},
                              {"operator", row.op},
                              {"shape", shape_json(row.shape)},
                              {"units", count(row.units)},
                              {"parameters", row.parameters},
                              {"multiply_adds", count(row.multiply_adds)},
                              {"computes", row.computes}});
  json["not_reached"] = Json::array();
  for (const OpaqueNode& node : model.graph.opaque)
    json["not_reached"].push_back({{"node", node.name}, {"operator", node.op}, {"outputs", node.outputs}, {"cause", node.cause}});
  json["parameters"] = description.parameters;
  json["multiply_adds"] = count(description.multiply_adds);
  json["preprocess"] = model.preprocess.to_json();
  json["preprocess_known"] = model.preprocess_known;
  json["preprocess_words"] = preprocess_words(model.preprocess);
  json["preprocess_source"] = model.preprocess_source;
  json["labels"] = model.labels;
  json["code_bounds"] = model.bounds.has_value();
  json["provenance"] = model.provenance;
  json["warnings"] = warnings(model);
  return json;
}

}  // namespace phosphene

// Multiply-adds of one item, with weight W of a convolution [c_out, c_in / g, k ...]:
//
//     Conv            |output| |W| / c_out              every output value is a sum over one filter
//     ConvTranspose   |input| |W| / c_in                every input value is spread over its filters
//     Gemm, MatMul    |output| K                        K: the extent summed over
#include "phosphene/model/describe.h"

#include <algorithm>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/model/unit_axis.h"

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

int64_t multiply_adds(const Graph& graph, const Node& node) {
  const bool is_matrix = node.op == "Gemm" || node.op == "MatMul";
  if (!is_matrix && node.op != "Conv" && node.op != "ConvTranspose") return 0;
  const Shape input = shape_of(graph, node.inputs[0]), weight = shape_of(graph, node.inputs[1]);
  if (weight.rank() == 0 || input.rank() == 0) return kUnknown;
  const int64_t counted = item_size(node.op == "ConvTranspose" ? input : shape_of(graph, node.outputs[0]));
  if (counted == kUnknown) return kUnknown;
  if (is_matrix) {
    const int64_t summed = node.op == "Gemm" && node.attributes.get_int("transA", 0) ? input[0] : input[-1];
    return summed == kUnknown ? kUnknown : counted * summed;
  }
  return weight.known() ? counted * (weight.size() / std::max<int64_t>(weight[0], 1)) : kUnknown;
}

// Resize, Pad and Clip take settings, not parameters.
bool takes_settings(const std::string& op) { return op == "Resize" || op == "Pad" || op == "Clip" || op == "Dropout"; }

std::string number(int64_t value) {
  if (value == kUnknown) return "?";
  std::string digits = std::to_string(value);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

const char* kind_name(ModelKind kind) {
  return kind == ModelKind::kClassifier ? "classifier" : kind == ModelKind::kGenerator ? "generator" : "other";
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

Description describe(const Graph& graph) {
  Description result;
  std::set<std::string> counted;
  for (const Node& node : graph.nodes) {
    LayerRow row{.name = node.outputs[0], .op = node.op, .shape = shape_of(graph, node.outputs[0])};
    row.units = row.shape.rank() > 0 ? row.shape[unit_axis(graph, row.name)] : 1;
    for (const std::string& input : node.inputs) {
      const TensorPtr weight = graph.constant(input);
      if (weight && weight->type() == DataType::kFloat32 && !takes_settings(node.op) && counted.insert(input).second)
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
  json["kind"] = kind_name(model.kind);
  json["sha256"] = model.hash;
  json["inputs"] = Json::array();
  for (const GraphInput& input : model.graph.inputs) json["inputs"].push_back(value_json(model, input.name));
  json["outputs"] = Json::array();
  for (const std::string& output : model.graph.outputs) json["outputs"].push_back(value_json(model, output));
  json["layers"] = Json::array();
  for (const LayerRow& row : description.layers)
    json["layers"].push_back({{"name", row.name},
                              {"operator", row.op},
                              {"shape", shape_json(row.shape)},
                              {"units", count(row.units)},
                              {"parameters", row.parameters},
                              {"multiply_adds", count(row.multiply_adds)}});
  json["parameters"] = description.parameters;
  json["multiply_adds"] = count(description.multiply_adds);
  json["preprocess"] = model.preprocess.to_json();
  json["preprocess_known"] = model.preprocess_known;
  json["labels"] = model.labels;
  json["code_bounds"] = model.bounds.has_value();
  json["provenance"] = model.provenance;
  return json;
}

std::string description_text(const Model& model) {
  const Description description = describe(model.graph);
  const auto typed = [&](const std::string& name) { return fmt::format("{} {}", name, shape_of(model.graph, name).to_string()); };
  std::string text = fmt::format("model       {} ({})\nsha256      {}\n", model.name, kind_name(model.kind), model.hash);
  for (const GraphInput& input : model.graph.inputs) text += fmt::format("input       {}\n", typed(input.name));
  for (const std::string& output : model.graph.outputs) text += fmt::format("output      {}\n", typed(output));
  text += fmt::format("preprocess  {}{}\n", model.preprocess.to_json().dump(),
                      model.preprocess_known ? "" : " (assumed: the file does not say)");
  if (!model.labels.empty()) text += fmt::format("labels      {}\n", model.labels.size());
  if (model.bounds) text += fmt::format("code bounds {} units\n", model.bounds->lower.size());
  size_t name_width = 5, op_width = 8, shape_width = 5;
  for (const LayerRow& row : description.layers) {
    name_width = std::max(name_width, row.name.size());
    op_width = std::max(op_width, row.op.size());
    shape_width = std::max(shape_width, row.shape.to_string().size());
  }
  text += fmt::format("\n{:<{}}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>15}\n", "layer", name_width, "operator", op_width, "shape", shape_width,
                      "units", "parameters", "multiply-adds");
  for (const LayerRow& row : description.layers)
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>15}\n", row.name, name_width, row.op, op_width, row.shape.to_string(),
                        shape_width, number(row.units), number(row.parameters), number(row.multiply_adds));
  text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>15}\n", "all", name_width, "", op_width, "", shape_width, "",
                      number(description.parameters), number(description.multiply_adds));
  return text;
}

}  // namespace phosphene

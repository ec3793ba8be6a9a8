// Graph -> ModelProto: ir_version 8, opset kOpset, weights as raw little-endian data.
//
// A weight W stored as float16 becomes an initializer "W/half" and a node Cast("W/half") -> "W", so that every runtime sees float32 under
// W's name.
#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

constexpr int kIrVersion = 8;
constexpr float kHalfLimit = 65504;

bool fits_half(const Tensor& tensor) {
  if (tensor.type() != DataType::kFloat32 || tensor.shape().rank() < 2) return false;
  const auto values = tensor.floats();
  return std::all_of(values.begin(), values.end(), [](float value) { return std::abs(value) <= kHalfLimit; });
}

void write_weights(const Graph& graph, const OnnxWriteOptions& options, onnx::GraphProto& proto) {
  for (const auto& [name, tensor] : graph.weights) {
    if (!options.half_weights || !fits_half(*tensor)) {
      *proto.add_initializer() = tensor_to_onnx(name, *tensor);
      continue;
    }
    *proto.add_initializer() = half_tensor_to_onnx(name + "/half", *tensor);
    onnx::NodeProto* cast = proto.add_node();
    cast->set_op_type("Cast");
    cast->set_name(name + "/cast");
    cast->add_input(name + "/half");
    cast->add_output(name);
    *cast->add_attribute() = attribute_to_onnx("to", int64_t{type_to_onnx(DataType::kFloat32)});
  }
}

void write_nodes(const Graph& graph, onnx::GraphProto& proto) {
  for (const Node& node : graph.nodes) {
    onnx::NodeProto* out = proto.add_node();
    out->set_name(node.name);
    out->set_op_type(node.op);
    for (const std::string& input : node.inputs) out->add_input(input);
    for (const std::string& output : node.outputs) out->add_output(output);
    for (const auto& [name, attribute] : node.attributes) *out->add_attribute() = attribute_to_onnx(name, attribute);
  }
}

}  // namespace

void write_onnx(const std::filesystem::path& file, const OnnxFile& model, const OnnxWriteOptions& options) {
  located(file.string(), [&] {
    const Graph typed = infer_shapes(model.graph);  // the types of the outputs are part of the file
    onnx::ModelProto proto;
    proto.set_ir_version(kIrVersion);
    proto.set_producer_name("phosphene");
    auto* import = proto.add_opset_import();
    import->set_domain("");
    import->set_version(kOpset);
    for (const auto& [key, value] : model.metadata) {
      auto* entry = proto.add_metadata_props();
      entry->set_key(key);
      entry->set_value(value);
    }
    onnx::GraphProto& graph = *proto.mutable_graph();
    graph.set_name(typed.name.empty() ? "graph" : typed.name);
    for (const GraphInput& input : typed.inputs) *graph.add_input() = value_type_to_onnx(input.name, input.type);
    for (const std::string& output : typed.outputs) *graph.add_output() = value_type_to_onnx(output, typed.type_of(output));
    write_weights(typed, options, graph);
    write_nodes(typed, graph);
    if (proto.ByteSizeLong() > (size_t{1} << 31) - 1)
      throw Error("the model is larger than 2 GiB, which an ONNX file cannot be", "store its weights as float16");
    std::string bytes;
    if (!proto.SerializeToString(&bytes)) throw Error("the model cannot be written as ONNX");
    write_file(file, bytes);
  });
}

}  // namespace phosphene

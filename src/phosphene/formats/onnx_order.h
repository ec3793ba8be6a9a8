// The nodes of a file in an order in which they can be read. For the sources of formats/ only.
#pragma once

#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "phosphene/graph/graph.h"

namespace phosphene {

// "node conv1 (Conv)"
std::string place_of(const onnx::NodeProto& node);

// Every node after the makers of what it reads, else in file order; `graph` has its inputs and weights, and those left out. Error for a
// value that nobody makes and for a cycle.
std::vector<const onnx::NodeProto*> nodes_in_order(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const Graph& graph);

}  // namespace phosphene

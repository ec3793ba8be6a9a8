// Function bodies and branches put in the place of the node that calls them. For the sources of formats/ only.
#pragma once

#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace phosphene {

// Replaces every node that calls one of model.functions by the function's body, in subgraphs too. Names made inside become
// "CALLER/NAME". Error for a recursive function, for one of another opset than the model's and for expansions without end.
void expand_functions(onnx::ModelProto& model);

// The nodes (and, as their first ones, Constant nodes for its initializers) of a subgraph, with the names of the caller's outputs in the
// place of its own and of the caller's inputs in the place of those that it declares: a branch of an If, one turn of a Loop.
std::vector<onnx::NodeProto> branch_nodes(const onnx::NodeProto& caller, const onnx::GraphProto& branch);

// Every value that a node reads: its inputs, and what its subgraphs take from outside.
std::vector<std::string> values_read(const onnx::NodeProto& node);

}  // namespace phosphene

// A graph is well formed when every value has one maker, every node reads values made before it, and every operator is known and has the
// inputs and outputs that its table entry allows.
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace passes {

void verify_arity(const Node& node) {
  const Op* op = find_op(node.op);
  if (!op) throw Error(fmt::format("operator {} is not known (opset {})", node.op, kOpset), "docs/operators.md lists those that are");
  size_t inputs = node.inputs.size();
  while (inputs > 0 && node.inputs[inputs - 1].empty()) --inputs;  // absent optional inputs at the end
  if (inputs > op->max_inputs) throw Error(fmt::format("{} inputs where {} are allowed", inputs, op->max_inputs));
  for (size_t index = 0; index < op->min_inputs; ++index)
    if (!node.has_input(index)) throw Error(fmt::format("input {} is missing", index));
  if (!node.has_output(0) && node.op != "Split") throw Error("output 0 is missing");
  for (size_t index = op->max_outputs; index < node.outputs.size(); ++index)
    if (node.has_output(index)) throw Error(fmt::format("output {} ({}) is not supported", index, node.outputs[index]));
  if (node.outputs.empty()) throw Error("the node has no outputs");
}

}  // namespace passes

void verify(const Graph& graph) {
  std::set<std::string> made, all, names;
  const auto make = [&](const std::string& value) {
    if (!made.insert(value).second) throw Error(fmt::format("value {} is made twice", value));
  };
  for (const GraphInput& input : graph.inputs) {
    if (input.name.empty()) throw Error("a graph input has no name");
    make(input.name);
  }
  for (const auto& [name, tensor] : graph.weights) {
    if (name.empty() || !tensor) throw Error(fmt::format("weight {} has no {}", name, tensor ? "name" : "value"));
    make(name);
  }
  all = made;
  for (const Node& node : graph.nodes) all.insert(node.outputs.begin(), node.outputs.end());
  for (const Node& node : graph.nodes) {
    if (node.name.empty()) throw Error(fmt::format("a node ({}) has no name", node.op));
    if (!names.insert(node.name).second) throw Error(fmt::format("two nodes are named {}", node.name));
    located(fmt::format("node {} ({})", node.name, node.op), [&] {
      passes::verify_arity(node);
      for (const std::string& input : node.inputs) {
        if (input.empty() || made.contains(input)) continue;
        if (all.contains(input))
          throw Error(fmt::format("value {} is read before it is made", input), "the nodes are not in topological order");
        throw Error(fmt::format("value {} is neither an input, a weight nor made by a node", input), "the file may lack weights");
      }
      for (const std::string& output : node.outputs)
        if (!output.empty()) make(output);
    });
  }
  for (const std::string& output : graph.outputs)
    if (!made.contains(output)) throw Error(fmt::format("output {} is not made by any node", output));
}

}  // namespace phosphene

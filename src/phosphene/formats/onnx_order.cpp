// Depth first: a node is done when the makers of all that it reads are.
#include "phosphene/formats/onnx_order.h"

#include <map>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_inline.h"

namespace phosphene {

using onnx::NodeProto;

std::string place_of(const NodeProto& node) {
  std::string name = node.name();
  if (name.empty()) name = node.output_size() ? node.output(0) : "without a name";
  return fmt::format("node {} ({})", name, node.op_type());
}

std::vector<const NodeProto*> nodes_in_order(const google::protobuf::RepeatedPtrField<NodeProto>& nodes, const Graph& graph) {
  std::map<std::string, int> maker;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string& output : nodes[i].output())
      if (!output.empty()) maker.emplace(output, i);
  struct Visit {
    int node;
    std::vector<std::string> reads;
    size_t next = 0;
  };
  enum class State { kNew, kOpen, kDone };
  std::vector<State> states(static_cast<size_t>(nodes.size()), State::kNew);
  std::vector<const NodeProto*> order;
  std::vector<Visit> path;
  const auto enter = [&](int node) {
    states[static_cast<size_t>(node)] = State::kOpen;
    path.push_back({node, values_read(nodes[node])});
  };
  for (int first = 0; first < nodes.size(); ++first) {
    if (states[static_cast<size_t>(first)] == State::kNew) enter(first);
    while (!path.empty()) {
      Visit& visit = path.back();
      const NodeProto& node = nodes[visit.node];
      if (visit.next == visit.reads.size()) {
        states[static_cast<size_t>(visit.node)] = State::kDone;
        order.push_back(&node);
        path.pop_back();
        continue;
      }
      const std::string& value = visit.reads[visit.next++];
      if (graph.find_input(value) || graph.weights.contains(value) || graph.find_opaque(value)) continue;
      const auto made = maker.find(value);
      if (made == maker.end())
        throw Error(fmt::format("input {} is missing: it is no weight, no input and no output of a node", value),
                    "export the model with its weights")
            .at(place_of(node));
      if (states[static_cast<size_t>(made->second)] == State::kOpen)
        throw Error("is part of a cycle", "export the model again").at(place_of(node));
      if (states[static_cast<size_t>(made->second)] == State::kNew) enter(made->second);
    }
  }
  return order;
}

}  // namespace phosphene

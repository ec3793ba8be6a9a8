// code = (a, b): a = code[:, 0 : |a|], b = code[:, |a| : |a| + |b|], each in its own shape. A fixed input c of a batch: c + 0 code[:, 0].
#include "phosphene/synth/priors/generator_inputs.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/model/inputs.h"

namespace phosphene {

namespace {

std::string names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const GraphInput& input : graph.inputs) names.push_back(input.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// Nodes that are put before all others.
class Preface {
 public:
  explicit Preface(Graph& graph) : graph_(graph) {}
  ~Preface() { graph_.nodes.insert(graph_.nodes.begin(), nodes_.begin(), nodes_.end()); }

  std::string weight(const std::string& name, Tensor value) {
    const std::string unique = passes::unique_name(graph_, name);
    graph_.add_weight(unique, std::move(value));
    return unique;
  }
  std::string node(const std::string& op, const std::string& name, std::vector<std::string> inputs) {
    nodes_.push_back({name, op, std::move(inputs), {name}, {}});
    return name;
  }
  // Columns [first, last) of a value [n, size].
  std::string columns(const std::string& of, int64_t first, int64_t last, const std::string& name) {
    return node("Slice", name,
                {of, weight(name + "/first", Tensor::ints({first})), weight(name + "/last", Tensor::ints({last})),
                 weight(name + "/axis", Tensor::ints({1}))});
  }

 private:
  Graph& graph_;
  std::vector<Node> nodes_;
};

// The size of one lane. Error where it is open.
int64_t lane_size(const GraphInput& input) {
  const Shape& shape = input.type.shape;
  bool known = shape.rank() >= 2 && input.type.type == DataType::kFloat32;
  for (int axis = 1; axis < shape.rank(); ++axis) known = known && shape[axis] > 0;
  if (!known) throw Error(fmt::format("{} is {}, which cannot be searched", input.name, shape), "name inputs [n, size] of floats");
  return shape.size(1, shape.rank());
}

}  // namespace

Graph with_searched_inputs(Graph graph, const std::vector<std::string>& fixed, const std::vector<std::string>& searched) {
  const std::vector<GraphInput> before = graph.inputs;
  graph = located("--prior-fix", [&] { return with_inputs(std::move(graph), {.fixed = fixed, .size = {}}); });
  for (const std::string& name : searched)
    if (!graph.find_input(name))
      throw Error(fmt::format("--prior-input > {}: no such input", name), fmt::format("the inputs are {}", names_of(graph)));
  const size_t wanted = searched.empty() ? 1 : searched.size();
  if (graph.inputs.size() > wanted)
    throw Error(fmt::format("it has {} inputs: {}", graph.inputs.size(), names_of(graph)),
                "name each that is searched with --prior-input NAME, and give the others with --prior-fix NAME=VALUE");
  if (fixed.empty() && wanted == 1) return graph;

  std::string code = graph.inputs[0].name;
  {
    Preface preface(graph);
    if (wanted > 1) {
      code = passes::unique_name(graph, "code");
      int64_t at = 0;
      for (const std::string& name : searched) {
        const GraphInput& input = *graph.find_input(name);
        const int64_t size = lane_size(input);
        std::vector<int64_t> shape{-1};
        for (int axis = 1; axis < input.type.shape.rank(); ++axis) shape.push_back(input.type.shape[axis]);
        const std::string part = preface.columns(code, at, at + size, passes::unique_name(graph, name + "/flat"));
        preface.node("Reshape", name, {part, preface.weight(name + "/shape", Tensor::ints(shape))});
        at += size;
      }
      graph.inputs = {{code, {DataType::kFloat32, {kUnknown, at}}}};
    }
    // A fixed input has one row; the batch has more.
    for (const GraphInput& input : before) {
      const auto row = graph.weights.find(input.name);
      if (row == graph.weights.end() || input.type.shape.rank() < 1 || input.type.shape[0] != kUnknown || row->second->shape()[0] != 1 ||
          input.type.type != DataType::kFloat32)
        continue;
      const TensorPtr value = row->second;
      graph.weights.erase(row);
      const std::string weight = preface.weight(input.name + "/row", *value);
      std::string zero = code;
      const Shape& shape = graph.inputs[0].type.shape;
      if (shape.rank() > 2) zero = preface.node("Flatten", passes::unique_name(graph, input.name + "/lane"), {code});
      zero = preface.columns(zero, 0, 1, passes::unique_name(graph, input.name + "/first"));
      zero = preface.node("Mul", input.name + "/zero",
                          {zero, preface.weight(input.name + "/nothing", Tensor(Shape{1, 1}, std::vector<float>{0}))});
      std::vector<int64_t> spread(static_cast<size_t>(input.type.shape.rank()), 1);
      spread[0] = -1;
      zero = preface.node("Reshape", input.name + "/lanes", {zero, preface.weight(input.name + "/spread", Tensor::ints(spread))});
      preface.node("Add", input.name, {zero, weight});
    }
  }
  graph.types.clear();
  return infer_shapes(std::move(graph));
}

}  // namespace phosphene

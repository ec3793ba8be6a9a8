// compile: prepare the graph, make an array for every value, note which nodes lie between a seed and a wanted gradient.
//
//     forward   for each node in order:         y = f(x)
//     backward  for each such node in reverse:  dL/dx += f'(x)^T dL/dy
#include "phosphene/engine/reference/reference_program.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/named.h"
#include "phosphene/engine/reference/reference_engine.h"

namespace phosphene::reference {

namespace {

std::vector<float> to_floats(const Array& array) { return {array.values.begin(), array.values.end()}; }

// Copies in place, so that spans handed out stay valid.
void store(const Array& array, std::vector<float>& floats) {
  for (size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(array.values[i]);
}

}  // namespace

ReferenceProgram::ReferenceProgram(const Graph& graph, const CompileOptions& options)
    : graph_(prepare(graph, options.batch, wanted_values(options), options.mutable_weights, options.size)), options_(options) {
  for (const auto& [name, tensor] : graph_.weights) arrays_[name] = Array(*tensor);
  for (const GraphInput& input : graph_.inputs) {
    arrays_[input.name] = Array(input.type);
    inputs_[input.name].assign(static_cast<size_t>(input.type.shape.size()), 0.0F);
  }
  for (const Node& node : graph_.nodes)
    for (const std::string& output : node.outputs)
      if (!output.empty()) arrays_[output] = Array(graph_.type_of(output));

  for (const Node& node : graph_.nodes) {
    const Kernel* kernel = kernels::find_kernel(node.op);
    if (!kernel) throw Error(fmt::format("the reference engine has no operator {}", node.op)).at("node " + node.name);
    Step step{&node, kernel, {}, {}, {}, {}};
    for (const std::string& input : node.inputs) step.inputs.push_back(input.empty() ? nullptr : &arrays_.at(input));
    for (const std::string& output : node.outputs) step.outputs.push_back(output.empty() ? nullptr : &arrays_.at(output));
    steps_.push_back(std::move(step));
  }
  for (const std::string& name : options_.values) values_[name] = to_floats(array(name));
  plan_backward();
}

void ReferenceProgram::plan_backward() {
  std::set<std::string> leaves, dependent, reached;
  for (const std::string& name : options_.gradients) {
    const bool weight = graph_.weights.contains(name);
    if (weight && !options_.mutable_weights) throw Error(fmt::format("gradient of weight \"{}\"", name), "compile with mutable_weights");
    if (!weight && !graph_.find_input(name))
      throw Error(fmt::format("no input or weight \"{}\" that a wanted value depends on", name), "its gradient cannot be had");
    leaves.insert(name);
  }
  const auto is_float = [&](const std::string& name) { return !name.empty() && graph_.type_of(name).type == DataType::kFloat32; };
  dependent = leaves;
  for (const Step& step : steps_)
    if (step.kernel->backward &&
        std::any_of(step.node->inputs.begin(), step.node->inputs.end(), [&](const auto& v) { return dependent.contains(v); }))
      for (const std::string& output : step.node->outputs)
        if (is_float(output)) dependent.insert(output);
  reached.insert(options_.seeds.begin(), options_.seeds.end());
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
    if (step->kernel->backward &&
        std::any_of(step->node->outputs.begin(), step->node->outputs.end(), [&](const auto& v) { return reached.contains(v); }))
      for (const std::string& input : step->node->inputs)
        if (is_float(input)) reached.insert(input);

  for (const auto& [name, array] : arrays_)
    if (leaves.contains(name) || (dependent.contains(name) && reached.contains(name))) gradients_[name] = Array(array.shape);
  for (const std::string& name : options_.seeds) seeds_[name].assign(array(name).values.size(), 0.0F);
  for (const std::string& name : options_.gradients) wanted_gradients_[name].assign(array(name).values.size(), 0.0F);

  const auto gradient_of = [&](const std::string& name) -> Array* {
    const auto found = gradients_.find(name);
    return found == gradients_.end() ? nullptr : &found->second;
  };
  for (Step& step : steps_) {
    bool out = false, in = false;
    for (const std::string& output : step.node->outputs) {
      step.grad_outputs.push_back(gradient_of(output));
      out = out || step.grad_outputs.back();
    }
    for (const std::string& input : step.node->inputs) {
      step.grad_inputs.push_back(gradient_of(input));
      in = in || step.grad_inputs.back();
    }
    step.backward = step.kernel->backward && in && out;
  }
}

std::span<float> ReferenceProgram::input(const std::string& name) { return find_named(inputs_, name, "input"); }

void ReferenceProgram::set_weight(const std::string& name, std::span<const float> values) {
  if (!options_.mutable_weights) throw Error(fmt::format("weight \"{}\" is fixed", name), "compile with mutable_weights");
  if (!graph_.weights.contains(name)) throw Error(fmt::format("no weight \"{}\"", name));
  Array& weight = array(name);
  if (values.size() != weight.values.size())
    throw Error(fmt::format("{} numbers for weight \"{}\" of {}", values.size(), name, weight.shape), "give as many as it has");
  std::copy(values.begin(), values.end(), weight.values.begin());
}

void ReferenceProgram::forward() {
  for (const auto& [name, values] : inputs_) std::copy(values.begin(), values.end(), array(name).values.begin());
  run();
  for (auto& [name, floats] : values_) store(array(name), floats);
}

void ReferenceProgram::run() {
  for (const Step& step : steps_) located("node " + step.node->name, [&] { step.kernel->forward(*step.node, step.inputs, step.outputs); });
}

std::span<const float> ReferenceProgram::value(const std::string& name) { return find_named(values_, name, "wanted value"); }

std::span<float> ReferenceProgram::seed(const std::string& name) { return find_named(seeds_, name, "seed"); }

void ReferenceProgram::backward() {
  for (auto& [name, gradient] : gradients_) std::fill(gradient.values.begin(), gradient.values.end(), 0.0);
  for (const auto& [name, floats] : seeds_)
    if (const auto found = gradients_.find(name); found != gradients_.end())
      std::copy(floats.begin(), floats.end(), found->second.values.begin());
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
    if (step->backward)
      step->kernel->backward(*step->node, step->inputs, {step->outputs.begin(), step->outputs.end()}, step->grad_outputs,
                             step->grad_inputs);
  for (auto& [name, floats] : wanted_gradients_) store(gradients_.at(name), floats);
}

std::span<const float> ReferenceProgram::gradient(const std::string& name) {
  return find_named(wanted_gradients_, name, "wanted gradient");
}

Array& ReferenceProgram::array(const std::string& name) {
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) throw Error(fmt::format("no value \"{}\" in the compiled graph", name));
  return found->second;
}

const Array& ReferenceProgram::gradient_array(const std::string& name) const {
  const auto found = gradients_.find(name);
  if (found == gradients_.end()) throw Error(fmt::format("no gradient of \"{}\" in this program", name));
  return found->second;
}

int64_t ReferenceProgram::bytes() const {
  size_t total = 0;
  for (const auto* arrays : {&arrays_, &gradients_})
    for (const auto& [name, array] : *arrays) total += array.values.size() * sizeof(double);
  for (const auto* buffers : {&inputs_, &values_, &seeds_, &wanted_gradients_})
    for (const auto& [name, floats] : *buffers) total += floats.size() * sizeof(float);
  return static_cast<int64_t>(total);
}

std::string ReferenceProgram::to_string() const {
  std::string text;
  for (const Step& step : steps_) {
    std::vector<std::string> outputs;
    for (const std::string& output : step.node->outputs)
      if (!output.empty()) outputs.push_back(output + " " + arrays_.at(output).shape.to_string());
    text += fmt::format("{} = {}({}){}\n", fmt::join(outputs, ", "), step.node->op, fmt::join(step.node->inputs, ", "),
                        step.backward ? "  backward" : "");
  }
  return text;
}

}  // namespace phosphene::reference

namespace phosphene {

namespace {

class ReferenceEngine : public Engine {
 public:
  std::string name() const override { return "reference"; }
  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) const override {
    return std::make_unique<reference::ReferenceProgram>(graph, options);
  }
};

}  // namespace

const Engine& reference_engine() {
  static const ReferenceEngine engine;
  return engine;
}

}  // namespace phosphene

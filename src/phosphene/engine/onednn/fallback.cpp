// Every other operator: plain float32 in, the reference kernel in double, plain float32 out.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/kernels/kernels.h"

namespace phosphene::onednn {

namespace {

using kernels::Array;

// The arrays of one node, kept between steps; an absent one is null.
struct Work {
  Node node;
  std::vector<std::unique_ptr<Array>> inputs, outputs, grad_outputs, grad_inputs;
  std::vector<Mem> input_mems, output_mems, grad_output_mems, grad_input_mems;
};

kernels::ConstArrays read_only(const std::vector<std::unique_ptr<Array>>& arrays) {
  kernels::ConstArrays out;
  for (const auto& array : arrays) out.push_back(array.get());
  return out;
}

kernels::Arrays writable(const std::vector<std::unique_ptr<Array>>& arrays) {
  kernels::Arrays out;
  for (const auto& array : arrays) out.push_back(array.get());
  return out;
}

void load(const Plan& plan, const std::vector<Mem>& mems, const std::vector<std::unique_ptr<Array>>& arrays) {
  for (size_t i = 0; i < mems.size(); ++i) {
    if (!mems[i] || !arrays[i]) continue;
    const auto* from = static_cast<const float*>(plan.data(mems[i]));
    std::copy(from, from + arrays[i]->values.size(), arrays[i]->values.begin());
  }
}

void store(const Plan& plan, const std::vector<Mem>& mems, const std::vector<std::unique_ptr<Array>>& arrays) {
  for (size_t i = 0; i < mems.size(); ++i) {
    if (!mems[i] || !arrays[i]) continue;
    auto* to = static_cast<float*>(plan.data(mems[i]));
    std::transform(arrays[i]->values.begin(), arrays[i]->values.end(), to, [](double value) { return static_cast<float>(value); });
  }
}

void append(Arguments& arguments, const std::vector<Mem>& mems) {
  for (const Mem& mem : mems)
    if (mem) arguments.emplace_back(static_cast<int>(arguments.size()), mem);
}

}  // namespace

Backward lower_fallback(Lowering& l, const Node& node) {
  const kernels::Kernel* kernel = kernels::find_kernel(node.op);
  if (!kernel) throw Error(fmt::format("operator {} of node \"{}\" is unknown to this engine", node.op, node.name), "use another engine");
  auto work = std::make_shared<Work>();
  work->node = node;
  Plan& plan = l.plan;
  Arguments arguments;
  for (const std::string& name : node.inputs) {
    work->inputs.push_back(name.empty() ? nullptr : std::make_unique<Array>(l.graph.type_of(name)));
    work->input_mems.emplace_back();
    if (name.empty()) continue;
    const TensorPtr constant = l.graph.constant(name);
    if (constant && constant->type() != DataType::kFloat32)
      work->inputs.back()->values.assign(constant->ints().begin(), constant->ints().end());
    else if (l.shape(name).size() > 0)
      work->input_mems.back() = l.value(name, Lowering::plain(Lowering::dims(l.shape(name))));
  }
  for (const std::string& name : node.outputs) {
    work->outputs.push_back(name.empty() ? nullptr : std::make_unique<Array>(l.graph.type_of(name)));
    work->output_mems.push_back(name.empty() ? Mem{} : plan.allocate(Lowering::plain(Lowering::dims(l.shape(name)))));
  }
  append(arguments, work->input_mems);
  append(arguments, work->output_mems);
  plan.add_body(node.name, "reference:" + node.op, arguments, [work, kernel, &plan] {
    load(plan, work->input_mems, work->inputs);
    for (const auto& array : work->outputs)
      if (array) std::fill(array->values.begin(), array->values.end(), 0.0);
    kernel->forward(work->node, read_only(work->inputs), writable(work->outputs));
    store(plan, work->output_mems, work->outputs);
  });
  bool wanted = false;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    l.define(node.outputs[i], work->output_mems[i]);
    wanted = wanted || l.wants(node.outputs[i]);
  }
  if (!wanted || !kernel->backward) return nullptr;

  return [work, kernel, &l, &plan, &node] {
    Arguments back;
    for (const std::string& name : node.outputs) {
      const bool present = !name.empty() && l.contributed(name);
      work->grad_outputs.push_back(present ? std::make_unique<Array>(l.graph.type_of(name)) : nullptr);
      work->grad_output_mems.push_back(present ? l.gradient(name, Lowering::plain(Lowering::dims(l.shape(name)))) : Mem{});
    }
    for (const std::string& name : node.inputs) {
      const bool present = !name.empty() && l.wants(name);
      work->grad_inputs.push_back(present ? std::make_unique<Array>(l.graph.type_of(name)) : nullptr);
      work->grad_input_mems.push_back(present ? plan.allocate(Lowering::plain(Lowering::dims(l.shape(name)))) : Mem{});
    }
    append(back, work->input_mems);
    append(back, work->output_mems);
    append(back, work->grad_output_mems);
    append(back, work->grad_input_mems);
    plan.add_body(node.name + " gradient", "reference:" + node.op, back, [work, kernel, &plan] {
      load(plan, work->input_mems, work->inputs);
      load(plan, work->output_mems, work->outputs);
      load(plan, work->grad_output_mems, work->grad_outputs);
      for (const auto& array : work->grad_inputs)
        if (array) std::fill(array->values.begin(), array->values.end(), 0.0);
      kernel->backward(work->node, read_only(work->inputs), read_only(work->outputs), read_only(work->grad_outputs),
                       writable(work->grad_inputs));
      store(plan, work->grad_input_mems, work->grad_inputs);
    });
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (work->grad_input_mems[i]) l.contribute(node.inputs[i], work->grad_input_mems[i]);
  };
}

}  // namespace phosphene::onednn

// Operators that ATen does not have: the reference kernel in double on the CPU, known to autograd as one function.
//
//     forward   y = kernel(x)        backward  dL/dx = kernel's gradient at the x and y of before
//
// RoiAlign always comes here, and of other operators what is rare: MaxPool's positions under uneven padding, MaxUnpool, GatherND and
// scatters at positions that are computed, ScatterElements and ScatterND that multiply, values without elements. And the same kernels, run
// once on 1, 2, ... while a program is compiled, tell where an operator moves its numbers.
#include <numeric>

#include <torch/csrc/autograd/custom_function.h>

#include "phosphene/base/error.h"
#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

using kernels::Array;

namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::variable_list;

// A node, its kernel and the types of its values; kept by the Run and by the graph of autograd.
struct Task : ::torch::CustomClassHolder {
  Node node;
  const kernels::Kernel* kernel = nullptr;
  std::vector<std::optional<ValueType>> inputs, outputs;
};

using Arrays = std::vector<std::optional<Array>>;

Arrays arrays_of(const variable_list& tensors, const std::vector<std::optional<ValueType>>& types) {
  Arrays arrays;
  for (size_t i = 0; i < types.size(); ++i) {
    arrays.emplace_back();
    if (!types[i] || i >= tensors.size() || !tensors[i].defined()) continue;
    arrays.back().emplace(*types[i]);
    const at::Tensor host = tensors[i].to(at::kCPU, at::kDouble).contiguous();
    std::copy_n(host.data_ptr<double>(), arrays.back()->values.size(), arrays.back()->values.begin());
  }
  return arrays;
}

Arrays zeros_of(const std::vector<std::optional<ValueType>>& types) {
  Arrays arrays;
  for (const auto& type : types) arrays.push_back(type ? std::optional<Array>(Array(*type)) : std::nullopt);
  return arrays;
}

template <typename Pointers>
Pointers pointers(Arrays& arrays) {
  Pointers result;
  for (auto& array : arrays) result.push_back(array ? &*array : nullptr);
  return result;
}

variable_list tensors_of(const Arrays& arrays, at::Device device) {
  variable_list tensors;
  for (const auto& array : arrays) tensors.push_back(array ? to_tensor(*array, device) : at::Tensor());
  return tensors;
}

class KernelFunction : public ::torch::autograd::Function<KernelFunction> {
 public:
  static variable_list forward(AutogradContext* context, const c10::intrusive_ptr<Task>& task, at::TensorList inputs,
                               const at::Device& device) {
    Arrays in = arrays_of(inputs.vec(), task->inputs), out = zeros_of(task->outputs);
    task->kernel->forward(task->node, pointers<kernels::ConstArrays>(in), pointers<kernels::Arrays>(out));
    variable_list outputs = tensors_of(out, device), kept = inputs.vec();
    variable_list whole;  // autograd knows no absent outputs
    for (size_t k = 0; k < outputs.size(); ++k) {
      if (!outputs[k].defined()) outputs[k] = at::zeros({0}, at::TensorOptions(device));
      if (!task->outputs[k] || task->outputs[k]->type != DataType::kFloat32) whole.push_back(outputs[k]);
    }
    context->mark_non_differentiable(whole);
    kept.insert(kept.end(), outputs.begin(), outputs.end());
    context->save_for_backward(kept);
    context->saved_data["task"] = c10::IValue::make_capsule(task);
    return outputs;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const auto capsule = context->saved_data["task"].toCapsule();
    const auto& task = static_cast<const Task&>(*capsule);
    const variable_list kept = context->get_saved_variables();
    const auto split = kept.begin() + static_cast<std::ptrdiff_t>(task.inputs.size());
    const at::Device device = kept.back().device();
    Arrays in = arrays_of({kept.begin(), split}, task.inputs), out = arrays_of({split, kept.end()}, task.outputs);
    Arrays grad_out = arrays_of(grad_outputs, task.outputs), grad_in(task.inputs.size());
    for (size_t i = 0; i < task.inputs.size(); ++i)
      if (task.inputs[i] && task.inputs[i]->type == DataType::kFloat32 && kept[i].requires_grad())
        grad_in[i].emplace(task.inputs[i]->shape);
    if (task.kernel->backward)
      task.kernel->backward(task.node, pointers<kernels::ConstArrays>(in), pointers<kernels::ConstArrays>(out),
                            pointers<kernels::ConstArrays>(grad_out), pointers<kernels::Arrays>(grad_in));
    variable_list gradients = tensors_of(grad_in, device);
    gradients.insert(gradients.begin(), at::Tensor());  // of the task
    gradients.emplace_back();                           // of the device
    return gradients;
  }
};

}  // namespace

Run lower_fallback(const Site& site) {
  const kernels::Kernel* kernel = kernels::find_kernel(site.node.op);
  if (!kernel) throw Error(fmt::format("operator {} is unknown to this engine", site.node.op), "use another engine");
  const auto task = c10::make_intrusive<Task>();
  task->node = site.node;
  task->kernel = kernel;
  const auto types = [&](const std::vector<std::string>& names) {
    std::vector<std::optional<ValueType>> result;
    for (const std::string& name : names) result.push_back(name.empty() ? std::nullopt : std::optional(site.graph.type_of(name)));
    return result;
  };
  task->inputs = types(site.node.inputs);
  task->outputs = types(site.node.outputs);
  return [task, device = site.device](const Tensors& inputs) { return KernelFunction::apply(task, at::TensorList(inputs), device); };
}

Array run_kernel(const Node& node, const kernels::ConstArrays& inputs, const ValueType& output) {
  Array y(output);
  kernels::Arrays outputs(node.outputs.size(), nullptr);
  outputs.at(0) = &y;
  kernels::find_kernel(node.op)->forward(node, inputs, outputs);
  return y;
}

std::optional<Ints> sources(const Site& site, size_t moved, size_t filler) {
  std::vector<Array> arrays(site.node.inputs.size());
  kernels::ConstArrays inputs(arrays.size(), nullptr);
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (!site.has(i)) continue;
    if (i == moved) {
      arrays[i] = Array(site.shape(i));
      std::iota(arrays[i].values.begin(), arrays[i].values.end(), 1.0);
    } else if (i == filler) {
      arrays[i] = Array(site.shape(i));
    } else if (const TensorPtr constant = site.constant(i)) {
      arrays[i] = Array(*constant);
    } else {
      return std::nullopt;
    }
    inputs[i] = &arrays[i];
  }
  Ints map = integers(run_kernel(site.node, inputs, {DataType::kFloat32, site.output().shape}));
  for (int64_t& source : map) --source;
  return map;
}

Run lower_move(const Site& site, size_t moved, size_t filler) {
  const auto map = sources(site, moved, filler);
  if (!map) return nullptr;
  at::Tensor from = indices(*map, site.device), nothing = from.lt(0);
  const bool complete = std::none_of(map->begin(), map->end(), [](int64_t source) { return source < 0; });
  from = from.clamp_min(0);
  nothing = nothing.view(site.output().shape.dims());
  return [=, shape = site.output().shape.dims(), filled = filler != kNoFiller && site.has(filler)](const Tensors& inputs) -> Tensors {
    const at::Tensor y = inputs[moved].reshape({-1}).index_select(0, from).view(shape);
    if (complete) return {y};
    return {filled ? at::where(nothing, inputs[filler].reshape({}), y) : y.masked_fill(nothing, 0)};
  };
}

}  // namespace phosphene::aten

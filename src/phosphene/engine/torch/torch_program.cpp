// compile: prepare the graph, give every value a slot, put the leaves (inputs and weights) on the device, lower every node.
#include "phosphene/engine/torch/torch_program.h"

#include <algorithm>

#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/autograd.h>

#include "phosphene/base/error.h"
#include "phosphene/engine/named.h"
#include "phosphene/graph/passes.h"

namespace phosphene::aten {

namespace {

std::span<float> span_of(const at::Tensor& host) { return {host.data_ptr<float>(), static_cast<size_t>(host.numel())}; }

}  // namespace

TorchProgram::TorchProgram(const Graph& graph, const CompileOptions& options, at::Device device)
    : options_(options),
      graph_(prepare(graph, options.batch, wanted_values(options), options.mutable_weights, options.size)),
      device_(device),
      type_(options.precision == Precision::kBfloat16 ? at::kBFloat16 : at::kFloat),
      may_record_(StepGraph::available() && device.is_cuda()) {
  check_gradients();
  translated([&] {
    for (const GraphInput& input : graph_.inputs) slots_.emplace(input.name, slots_.size());
    for (const auto& [name, tensor] : graph_.weights) slots_.emplace(name, slots_.size());
    for (const Node& node : graph_.nodes)
      for (const std::string& output : node.outputs)
        if (!output.empty()) slots_.emplace(output, slots_.size());
    values_.resize(slots_.size());
    lower_nodes();
    place_leaves();
    release_early();
  });
}

void TorchProgram::check_gradients() const {
  for (const std::string& name : options_.gradients) {
    const bool weight = graph_.weights.contains(name);
    if (weight && !options_.mutable_weights) throw Error(fmt::format("gradient of weight \"{}\"", name), "compile with mutable_weights");
    if (!weight && !graph_.find_input(name))
      throw Error(fmt::format("no input or weight \"{}\" that a wanted value depends on", name), "its gradient cannot be had");
  }
}

// Values on a way from a wanted gradient to a seed, both ends included.
std::set<std::string> TorchProgram::reached_values() const {
  std::set<std::string> dependent(options_.gradients.begin(), options_.gradients.end()),
      reached(options_.seeds.begin(), options_.seeds.end());
  const auto any = [](const std::vector<std::string>& names, const std::set<std::string>& set) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return set.contains(name); });
  };
  for (const Node& node : graph_.nodes)
    if (any(node.inputs, dependent)) dependent.insert(node.outputs.begin(), node.outputs.end());
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node)
    if (any(node->outputs, reached)) reached.insert(node->inputs.begin(), node->inputs.end());
  std::set<std::string> both;
  std::set_intersection(dependent.begin(), dependent.end(), reached.begin(), reached.end(), std::inserter(both, both.end()));
  both.erase("");
  return both;
}

void TorchProgram::lower_nodes() {
  const auto reached = reached_values();
  for (const Node& node : graph_.nodes)
    located("node " + node.name, [&] {
      Step step{&node, lower({graph_, node, device_, reached, type_ == at::kBFloat16, !options_.mutable_weights}, type_), {}, {}, {}};
      for (const std::string& name : node.inputs) step.inputs.push_back(name.empty() ? std::nullopt : std::optional(slot_of(name)));
      for (const std::string& name : node.outputs) step.outputs.push_back(name.empty() ? std::nullopt : std::optional(slot_of(name)));
      may_record_ = may_record_ && !step.lowered.on_host;
      steps_.push_back(std::move(step));
    });
}

// A weight is kept in bf16 if any rule takes it so, and in float32 if all want that.
at::ScalarType TorchProgram::weight_type(const std::string& name) const {
  for (const Step& step : steps_)
    for (size_t i = 0; i < step.node->inputs.size(); ++i) {
      const Width width = step.lowered.width;
      if (step.node->inputs[i] == name && width != Width::kFloat32 && !(width == Width::kMixed && i > 0)) return type_;
    }
  return at::kFloat;
}

at::Tensor TorchProgram::host_buffer(const std::string& name) const {
  return at::zeros(graph_.type_of(name).shape.dims(), at::TensorOptions(at::kFloat).pinned_memory(device_.is_cuda()));
}

void TorchProgram::place_leaves() {
  const auto wanted = [&](const std::string& name) {
    return std::find(options_.gradients.begin(), options_.gradients.end(), name) != options_.gradients.end();
  };
  for (const GraphInput& input : graph_.inputs) {
    Border border{host_buffer(input.name), {}, slot_of(input.name)};
    const bool shared = device_.is_cpu() && input.type.type == DataType::kFloat32;
    border.device = shared ? border.host : at::zeros(border.host.sizes(), at::TensorOptions(type_of(input.type.type)).device(device_));
    if (wanted(input.name)) border.device.set_requires_grad(true);
    values_[border.slot] = border.device;
    inputs_[input.name] = border;
  }
  std::set<std::string> filters;  // weights of convolutions
  for (const Node& node : graph_.nodes)
    if (node.op == "Conv" || node.op == "ConvTranspose") filters.insert(node.inputs[1]);
  for (const auto& [name, tensor] : graph_.weights) {
    at::Tensor weight;
    if (tensor->type() != DataType::kFloat32) {
      weight = to_tensor(*tensor, device_);
    } else {
      // Read where the model has them, unless the program may write to them.
      const at::Tensor model = at::from_blob(const_cast<float*>(tensor->floats().data()), tensor->shape().dims(), at::kFloat);
      weight = model.to(device_, weight_type(name));
      if (filters.contains(name)) weight = in_layout(weight);
      if (options_.mutable_weights && weight.is_alias_of(model)) weight = weight.clone();
    }
    if (wanted(name)) weight.set_requires_grad(true);
    values_[slot_of(name)] = weight;
  }
  for (const std::string& name : options_.values) outputs_[name] = {host_buffer(name), {}, slot_of(name)};
  for (const std::string& name : options_.gradients) gradients_[name] = {host_buffer(name), {}, slot_of(name)};
  for (const std::string& name : options_.seeds) {
    Border border{host_buffer(name), {}, slot_of(name)};
    border.device = device_.is_cpu() ? border.host : border.host.to(device_);
    seeds_[name] = border;
  }
}

// Autograd holds what a backward pass needs; the program holds the rest no longer than the last step that reads it.
void TorchProgram::release_early() {
  std::set<size_t> kept;
  for (const Borders* borders : {&inputs_, &outputs_, &seeds_})
    for (const auto& [name, border] : *borders) kept.insert(border.slot);
  for (const auto& [name, tensor] : graph_.weights) kept.insert(slot_of(name));
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
    for (const auto* slots : {&step->inputs, &step->outputs})
      for (const auto slot : *slots)
        if (slot && kept.insert(*slot).second) step->last_read.push_back(*slot);
}

std::span<float> TorchProgram::input(const std::string& name) {
  Border& border = find_named(inputs_, name, "input");
  fetched(border);
  return span_of(border.host);
}
std::span<float> TorchProgram::seed(const std::string& name) {
  Border& border = find_named(seeds_, name, "seed");
  fetched(border);
  return span_of(border.host);
}
std::span<const float> TorchProgram::value(const std::string& name) { return fetched(find_named(outputs_, name, "wanted value")); }
std::span<const float> TorchProgram::gradient(const std::string& name) { return fetched(find_named(gradients_, name, "wanted gradient")); }

void TorchProgram::set_weight(const std::string& name, std::span<const float> values) {
  if (!options_.mutable_weights) throw Error(fmt::format("weight \"{}\" is fixed", name), "compile with mutable_weights");
  if (!graph_.weights.contains(name)) throw Error(fmt::format("no weight \"{}\"", name));
  const Shape& shape = graph_.weights.at(name)->shape();
  if (static_cast<int64_t>(values.size()) != shape.size())
    throw Error(fmt::format("{} numbers for weight \"{}\" of {}", values.size(), name, shape), "give as many as it has");
  translated([&] {
    const c10::NoGradGuard no_gradients;
    const at::Tensor given = at::from_blob(const_cast<float*>(values.data()), shape.dims(), at::kFloat);
    values_[slot_of(name)].copy_(given.to(device_));  // the device rounds
  });
}

void TorchProgram::set_state(const std::string& name, const OptimiserState& state) {
  PHOSPHENE_CHECK(optimiser() && gradients_.contains(name) && graph_.weights.contains(name));
  translated([&] { optimiser_.set(name, values_[slot_of(name)], state); });
}

void TorchProgram::get_state(const std::string& name, const OptimiserState& state) const {
  translated([&] { optimiser_.get(name, state); });
}

void TorchProgram::optimise(const OptimiserStep& step) {
  PHOSPHENE_CHECK(!optimiser_.empty());
  translated([&] {
    std::map<std::string, at::Tensor> gradients;
    for (const auto& [name, border] : gradients_) gradients[name] = border.device;
    optimiser_.step(gradients, step);
  });
}

InputAscent* TorchProgram::ascent() {
  const auto is_input = [&](const std::string& name) { return inputs_.contains(name); };
  return std::any_of(options_.gradients.begin(), options_.gradients.end(), is_input) ? this : nullptr;
}

void TorchProgram::begin_ascent(const std::string& input, const AscentOptions& options) {
  PHOSPHENE_CHECK(inputs_.contains(input) && gradients_.contains(input));
  ascended_ = input;
  denoised_ = options.denoised;
  encoded_ = options.encoded;
  translated([&] { ascent_ = DeviceAscent(inputs_.at(input).device, options); });
}

std::span<const float> TorchProgram::ascend(std::span<const LaneStep> steps) {
  PHOSPHENE_CHECK(!ascent_.empty());
  return translated([&] {
    Border& border = inputs_.at(ascended_);
    border.fetched = border.device.is_alias_of(border.host);
    const auto value = [&](const std::string& name) {
      return name.empty() ? at::Tensor() : find_named(outputs_, name, "wanted value").device;
    };
    return ascent_.step({gradients_.at(ascended_).device, value(denoised_), value(encoded_)}, steps);
  });
}

void TorchProgram::run_forward() {
  for (const Step& step : steps_)  // the last run's graph goes before this one's grows
    for (const auto slot : step.outputs)
      if (slot) values_[*slot].reset();
  const c10::AutoGradMode gradients(differentiates());
  Tensors inputs;
  for (const Step& step : steps_) {
    inputs.clear();
    for (const auto slot : step.inputs) inputs.push_back(slot ? values_[*slot] : at::Tensor());
    Tensors outputs = located("node " + step.node->name, [&] { return translated([&] { return step.lowered.run(inputs); }); });
    for (size_t k = 0; k < step.outputs.size(); ++k) {
      if (!step.outputs[k]) continue;
      PHOSPHENE_CHECK_EQ(outputs.at(k).sizes().vec(), graph_.type_of(step.node->outputs[k]).shape.dims());
      values_[*step.outputs[k]] = std::move(outputs[k]);
    }
    for (const size_t slot : step.last_read) values_[slot].reset();
  }
}

void TorchProgram::run_backward() {
  Tensors ends, seeds, leaves;
  for (const auto& [name, border] : seeds_)
    if (const at::Tensor& end = values_[border.slot]; end.requires_grad()) {
      ends.push_back(end);
      seeds.push_back(border.device.to(end.scalar_type()));
    }
  for (const auto& [name, border] : gradients_) leaves.push_back(values_[border.slot]);
  Tensors gradients(leaves.size());
  // The graph stays: one forward() may have several backward().
  if (!ends.empty())
    gradients = ::torch::autograd::grad(ends, leaves, seeds, /*retain_graph=*/true, /*create_graph=*/false, /*allow_unused=*/true);
  size_t k = 0;
  for (auto& [name, border] : gradients_) border.device = gradients[k++];
}

void TorchProgram::record() {
  may_record_ = false;
  // In bf16 cuDNN's first choice is the best of those that give the same bits every time; in float32 it has to try them.
  at::globalContext().setBenchmarkCuDNN(type_ == at::kFloat);
  std::vector<std::function<void()>> passes{[&] { run_forward(); }};
  if (differentiates()) passes.emplace_back([&] { run_backward(); });
  recorded_ = StepGraph::record(passes);
}

// Whoever called may write to the host again afterwards.
void TorchProgram::send(Borders& borders) {
  const c10::NoGradGuard no_gradients;
  bool sent = false;
  for (auto& [name, border] : borders) {
    if (!border.fetched || border.device.is_alias_of(border.host)) continue;
    border.device.copy_(border.host, /*non_blocking=*/true);
    sent = true;
  }
  if (sent && device_.is_cuda()) c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).synchronize();
}

void TorchProgram::forward() {
  translated([&] {
    send(inputs_);
    if (may_record_) {
      send(seeds_);
      record();
    }
    if (recorded_)
      recorded_->replay(0);
    else
      run_forward();
    for (auto& [name, border] : outputs_) border.device = values_[border.slot].detach();
    finish(outputs_);
  });
}

// On a GPU the pass still runs; what is asked for waits for it. On a CPU what was computed may lie in the buffers of inputs and seeds.
void TorchProgram::finish(Borders& borders) {
  for (auto& [name, border] : borders) {
    border.fetched = false;
    if (device_.is_cpu()) fetched(border);
  }
}

// The device widens to float32 and sorts the axes.
std::span<const float> TorchProgram::fetched(Border& border) {
  if (!border.fetched) {
    translated([&] {
      const c10::NoGradGuard no_gradients;
      if (border.device.defined())
        border.host.copy_(border.device.to(at::kFloat).contiguous());
      else
        border.host.zero_();
    });
    border.fetched = true;
  }
  return span_of(border.host);
}

void TorchProgram::backward() {
  if (!differentiates()) return;
  translated([&] {
    send(seeds_);
    if (recorded_)
      recorded_->replay(1);
    else
      run_backward();
    finish(gradients_);
  });
}

int64_t TorchProgram::bytes() const {
  int64_t total = 0;
  for (const Borders* borders : {&inputs_, &outputs_, &seeds_, &gradients_})
    for (const auto& [name, border] : *borders) total += static_cast<int64_t>(border.host.nbytes());
  for (const auto& [name, tensor] : graph_.weights) total += static_cast<int64_t>(values_[slot_of(name)].nbytes());
  // libtorch allocates activations as it goes; with gradients nearly all of them live at once.
  int64_t activations = 0, largest = 0;
  for (const Step& step : steps_)
    for (const std::string& name : step.node->outputs) {
      if (name.empty()) continue;
      const int64_t size = graph_.type_of(name).shape.size() * static_cast<int64_t>(c10::elementSize(type_));
      activations += size;
      largest = std::max(largest, size);
    }
  total += optimiser_.bytes() + ascent_.bytes();
  return total + (differentiates() ? activations : 2 * largest);
}

std::string TorchProgram::to_string() const {
  std::string text;
  for (const Step& step : steps_) {
    std::vector<std::string> outputs;
    for (const std::string& output : step.node->outputs)
      if (!output.empty()) outputs.push_back(output + " " + graph_.type_of(output).shape.to_string());
    text += fmt::format("{} = {}({})  {}\n", fmt::join(outputs, ", "), step.node->op, fmt::join(step.node->inputs, ", "),
                        step.lowered.on_host ? "reference" : "aten");
  }
  return text;
}

}  // namespace phosphene::aten

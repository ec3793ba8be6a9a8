// The table of rules: all families after one another; and how a rule is fitted to the precision of a program.
//
//     kFloat32 in bf16:  y = bf16(f(float32(x)))
#include "phosphene/engine/torch/lower.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

const ValueType& Site::output(size_t index) const { return graph.type_of(node.outputs.at(index)); }

int Site::axis(const char* name, int64_t fallback) const { return normal_axis(node.attributes.get_int(name, fallback), rank()); }

TensorPtr Site::constant(size_t input) const { return has(input) ? graph.constant(node.inputs[input]) : nullptr; }

std::optional<Ints> Site::ints(size_t input) const {
  const TensorPtr tensor = constant(input);
  if (!tensor) return std::nullopt;
  if (tensor->type() == DataType::kFloat32) return integers(kernels::Array(*tensor));
  return Ints(tensor->ints().begin(), tensor->ints().end());
}

std::optional<double> Site::number(size_t input) const {
  const TensorPtr tensor = constant(input);
  if (!tensor || tensor->size() != 1) return std::nullopt;
  return tensor->type() == DataType::kFloat32 ? static_cast<double>(tensor->floats()[0]) : static_cast<double>(tensor->ints()[0]);
}

const Rule* find_rule(const std::string& op) {
  static const std::map<std::string, Rule> table = [] {
    std::map<std::string, Rule> all;
    for (const auto& family : {elementwise_rules(), binary_rules(), index_rules(), linear_rules(), normalize_rules(), pool_rules(),
                               reduce_rules(), resize_rules(), shape_rules()})
      for (const Rule& rule : family) all.emplace(rule.op, rule);
    return all;
  }();
  const auto found = table.find(op);
  return found == table.end() ? nullptr : &found->second;
}

namespace {

at::Tensor as(const at::Tensor& x, at::ScalarType type) {
  return x.defined() && at::isFloatingType(x.scalar_type()) && x.scalar_type() != type ? x.to(type) : x;
}

Run fitted(Run run, Width width, at::ScalarType program) {
  if (program == at::kFloat || width == Width::kAny) return run;
  return [run = std::move(run), width, program](const Tensors& inputs) {
    Tensors fitting;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool narrow = width == Width::kProgram || (width == Width::kMixed && i == 0);
      fitting.push_back(as(inputs[i], narrow ? program : at::kFloat));
    }
    Tensors outputs = run(fitting);
    for (size_t k = 0; k < outputs.size(); ++k)
      if (k == 0 || width != Width::kMixed) outputs[k] = as(outputs[k], program);
    return outputs;
  };
}

}  // namespace

Lowered lower(const Site& site, at::ScalarType program) {
  Lowered lowered;
  // ATen has its own opinions of reductions and windows over nothing.
  bool empty = site.has(0) && site.shape(0).size() == 0;
  for (const std::string& name : site.node.outputs) empty = empty || (!name.empty() && site.graph.type_of(name).shape.size() == 0);
  if (const Rule* rule = find_rule(site.node.op); rule && !empty) {
    lowered.run = rule->lower(site);
    lowered.width = rule->width;
  }
  if (!lowered.run) lowered = {lower_fallback(site), Width::kFloat32, true};
  lowered.run = fitted(std::move(lowered.run), lowered.width, program);
  return lowered;
}

at::ScalarType type_of(DataType type) { return type == DataType::kFloat32 ? at::kFloat : type == DataType::kBool ? at::kBool : at::kLong; }

at::Tensor to_tensor(const Tensor& tensor, at::Device device) {
  const auto& dims = tensor.shape().dims();
  const bool real = tensor.type() == DataType::kFloat32;
  const at::Tensor host = real ? at::empty(dims, at::kFloat) : at::empty(dims, at::kLong);
  if (real)
    std::copy(tensor.floats().begin(), tensor.floats().end(), host.data_ptr<float>());
  else
    std::copy(tensor.ints().begin(), tensor.ints().end(), host.data_ptr<int64_t>());
  return host.to(device).to(type_of(tensor.type()));
}

at::Tensor to_tensor(const kernels::Array& array, at::Device device) {
  const at::Tensor host = at::empty(array.shape.dims(), at::kDouble);
  std::copy(array.values.begin(), array.values.end(), host.data_ptr<double>());
  return host.to(type_of(array.type)).to(device);
}

at::Tensor indices(const Ints& values, at::Device device) {
  const at::Tensor host = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), host.data_ptr<int64_t>());
  return host.to(device);
}

Ints integers(const kernels::Array& array) {
  constexpr double kLargest = 9007199254740992.0;
  Ints result;
  for (const double value : array.values) result.push_back(static_cast<int64_t>(std::clamp(value, -kLargest, kLargest)));
  return result;
}

bool channels_innermost(const at::Tensor& x) { return x.is_cpu() || x.scalar_type() == at::kBFloat16; }

at::Tensor in_layout(const at::Tensor& x) {
  return x.contiguous(x.dim() == 4 && channels_innermost(x) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

at::Tensor padded(const at::Tensor& x, const Ints& begin, const Ints& end, double value) {
  Ints pads;  // ATen's order: the last axis first
  for (size_t axis = begin.size(); axis-- > 0;) {
    pads.push_back(begin[axis]);
    pads.push_back(end[axis]);
  }
  const bool nothing = std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad == 0; });
  return nothing ? x : at::constant_pad_nd(x, pads, value);
}

Ints all_axes(int rank) {
  Ints axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

at::Tensor bias_of(const Tensors& inputs) { return inputs.size() > 2 ? inputs[2] : at::Tensor(); }

MadeOf::MadeOf(const Site& site, size_t input, std::function<at::Tensor(const at::Tensor&)> make)
    : input_(input), make_(std::move(make)), made_(site.fixed && site.constant(input) ? std::make_shared<at::Tensor>() : nullptr) {}

at::Tensor MadeOf::operator()(const Tensors& inputs) const {
  if (input_ >= inputs.size() || !inputs[input_].defined()) return {};
  if (!made_) return make_(inputs[input_]);
  if (!made_->defined()) *made_ = make_(inputs[input_]);
  return *made_;
}

}  // namespace phosphene::aten

// Order: forward rules in graph order; wanted values; then backward rules in reverse, dL/dv = seed(v) + sum over users u of dL/du du/dv.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
#include <cstring>

#include "phosphene/base/error.h"

namespace phosphene::onednn {

namespace {

struct Entry {
  const char* op;
  Rule rule;
};

// Operators that are not here go to the fallback.
constexpr Entry kRules[] = {
    {"Conv", lower_conv},
    {"ConvTranspose", lower_conv_transpose},
    {"Gemm", lower_gemm},
    {"MatMul", lower_matmul},
    {"MaxPool", lower_pool},
    {"AveragePool", lower_pool},
    {"GlobalAveragePool", lower_pool},
    {"GlobalMaxPool", lower_pool},
    {"BatchNormalization", lower_batch_normalization},
    {"LayerNormalization", lower_layer_normalization},
    {"InstanceNormalization", lower_channel_normalization},
    {"GroupNormalization", lower_channel_normalization},
    {"LRN", lower_lrn},
    {"Softmax", lower_softmax},
    {"LogSoftmax", lower_softmax},
    {"Relu", lower_activation},
    {"LeakyRelu", lower_activation},
    {"Sigmoid", lower_activation},
    {"Tanh", lower_activation},
    {"Clip", lower_activation},
    {"Softplus", lower_activation},
    {"Exp", lower_activation},
    {"Log", lower_activation},
    {"Abs", lower_activation},
    {"Sqrt", lower_activation},
    {"Elu", lower_activation},
    {"HardSwish", lower_activation},
    {"HardSigmoid", lower_hard_sigmoid},
    {"Gelu", lower_activation},
    {"Pow", lower_activation},
    {"Reciprocal", lower_activation},
    {"Neg", lower_activation},
    {"Add", lower_binary},
    {"Sub", lower_binary},
    {"Mul", lower_binary},
    {"Div", lower_binary},
    {"Min", lower_binary},
    {"Max", lower_binary},
    {"Concat", lower_concat},
    {"Split", lower_split},
    {"Slice", lower_slice},
    {"Pad", lower_pad},
    {"Flatten", lower_reshape},
    {"Reshape", lower_reshape},
    {"Squeeze", lower_reshape},
    {"Unsqueeze", lower_reshape},
    {"Identity", lower_reshape},
    {"Dropout", lower_reshape},
    {"Transpose", lower_transpose},
    {"Gather", lower_gather},
    {"ReduceMean", lower_reduce},
    {"ReduceSum", lower_reduce},
    {"ReduceL2", lower_norm},
    {"TopK", lower_top},
    {"Resize", lower_resize},
};

// An array that lies as a plain one does gets the plain descriptor: the stride of an axis of one index means nothing, but oneDNN compares
// it.
Mem normal(const Mem& mem) {
  const Blocks blocks = blocks_of(mem.desc);
  const Dims dims = dims_of(mem.desc);
  if (!blocks.inner_sizes.empty() || blocks.offset != 0) return mem;
  const Desc plain = Lowering::plain(dims, kind_of(mem.desc));
  const Dims strides = blocks_of(plain).strides;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] != 1 && blocks.strides[axis] != strides[axis]) return mem;
  return {mem.buffer, plain};
}

}  // namespace

Rule find_rule(const std::string& op) {
  for (const Entry& entry : kRules)
    if (op == entry.op) return entry.rule;
  return nullptr;
}

Lowering::Lowering(const Graph& graph_, const CompileOptions& options_, Plan& plan_)
    : graph(graph_), options(options_), plan(plan_), users_(consumers(graph_)) {
  find_wanted();
}

void Lowering::find_wanted() {
  std::set<std::string> depends(options.gradients.begin(), options.gradients.end());
  for (const Node& node : graph.nodes)
    for (const std::string& input : node.inputs)
      if (depends.contains(input)) {
        depends.insert(node.outputs.begin(), node.outputs.end());
        break;
      }
  reached_.insert(options.seeds.begin(), options.seeds.end());
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (std::any_of(node->outputs.begin(), node->outputs.end(), [&](const std::string& output) { return reached_.contains(output); }))
      reached_.insert(node->inputs.begin(), node->inputs.end());
  reached_.erase("");
  for (const std::string& value : depends)
    if (reached_.contains(value)) wanted_.insert(value);
}

Lowering::Result Lowering::lower(const Border& border) {
  plan.set_phase(Phase::kForward);
  for (const auto& [name, array] : border.inputs) values_[name] = {plan.borrow(plain(dims(shape(name))), array)};
  for (const auto& [name, array] : border.weights) weight_arrays_[name] = plan.borrow(plain(dims(graph.weights.at(name)->shape())), array);

  std::vector<std::pair<const Node*, Backward>> backward;
  for (const Node& node : graph.nodes) {
    const std::string first = node.outputs.empty() ? "" : node.outputs[0];
    if (values_.contains(first) || views_.contains(first) || absorbed_.contains(first)) continue;  // fused into its producer
    Backward step;
    if (const Rule rule = find_rule(node.op)) {
      try {
        step = rule(*this, node);
      } catch (const Unsupported&) {
        step = lower_fallback(*this, node);
      } catch (const dnnl::error&) {
        step = lower_fallback(*this, node);
      }
    } else {
      step = lower_fallback(*this, node);
    }
    if (step) backward.emplace_back(&node, std::move(step));
  }
  Result result;
  for (const std::string& name : options.values) {
    if (is_weight(name)) {
      result.values[name] = weight_arrays_.at(name);
      continue;
    }
    result.values[name] = pinned_plain(layouts_of(name), name);
  }

  plan.set_phase(Phase::kBackward);
  for (const auto& [name, array] : border.seeds)
    if (wants(name)) contributions_[name].push_back(plan.borrow(plain(dims(shape(name))), array));
  for (auto step = backward.rbegin(); step != backward.rend(); ++step) step->second();
  for (const std::string& name : options.gradients) {
    if (contributed(name)) {
      result.gradients[name] = pinned_plain(gradient(name), "gradient of " + name);
    } else {  // no seed depends on it
      const Mem zero = plan.allocate(plain(dims(is_weight(name) ? graph.weights.at(name)->shape() : shape(name))));
      plan.pin(zero);
      result.gradients[name] = zero;
    }
  }
  result.relayouts = relayouts_;
  return result;
}

DataKind Lowering::activation_kind() const { return options.precision == Precision::kBfloat16 ? DataKind::bf16 : DataKind::f32; }

DataKind Lowering::result_kind(const std::string& value) const {
  const bool wanted = std::find(options.values.begin(), options.values.end(), value) != options.values.end();
  return wanted ? DataKind::f32 : activation_kind();
}

Shape Lowering::shape(const std::string& value) const {
  const auto added = added_.find(value);
  return added == added_.end() ? graph.type_of(value).shape : added->second;
}

Dims Lowering::dims(const Shape& shape) { return shape.rank() == 0 ? Dims{1} : Dims(shape.begin(), shape.end()); }

Desc Lowering::plain(const Dims& dims, DataKind kind) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * std::max<int64_t>(dims[i], 1);
  return Desc(dims, kind, strides);
}

Desc Lowering::any(const Dims& dims, DataKind kind) { return Desc(dims, kind, dnnl::memory::format_tag::any); }

void Lowering::reorder(const Mem& from, const Mem& to, const std::string& label) {
  const auto description = describe_reorder(plan.engine(), plan.attributes(), from.desc, to.desc);
  plan.add("lay out " + label, description, dnnl::reorder(description), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

void Lowering::clear(const Mem& mem, const std::string& label) {
  plan.add_body("clear " + label, "memset", {{0, mem}}, [&plan = plan, mem] { std::memset(plan.data(mem), 0, mem.desc.get_size()); });
}

Mem Lowering::lay(Layouts& layouts, const Desc& desc, const std::string& label) {
  for (const Mem& mem : layouts)
    if (mem.desc == desc) return mem;
  const Mem to = plan.allocate(desc);
  reorder(layouts.front(), to, label);
  layouts.push_back(to);
  return to;
}

Layouts& Lowering::layouts_of(const std::string& name) {
  const auto known = values_.find(name);
  if (known != values_.end()) return known->second;
  if (is_weight(name)) return values_[name] = {weight(name, weight_arrays_.at(name).desc, weight_arrays_.at(name).desc)};
  const auto view = views_.find(name);
  PHOSPHENE_CHECK(view != views_.end());
  return values_[name] = {array_of(view->second, kind_of(layouts_of(view->second.root).front().desc))};
}

Mem Lowering::value(const std::string& name) { return layouts_of(name).front(); }

Mem Lowering::value(const std::string& name, const Desc& desc) {
  if (is_weight(name)) return weight(name, weight_arrays_.at(name).desc, desc);
  if (views_.contains(name) && desc == plain(dims_of(desc), kind_of(desc))) return array_of(views_.at(name), kind_of(desc));
  return lay(layouts_of(name), desc, name);
}

void Lowering::define(const std::string& name, const Mem& mem) { values_[name] = {normal(mem)}; }

Mem Lowering::weight(const std::string& name, const Desc& view, const Desc& desc) {
  const Mem array = weight_arrays_.at(name);
  if (view == desc) {
    plan.pin(array);
    return {array.buffer, desc};
  }
  for (const WeightLayout& known : weights_[name])
    if (known.view == view && known.desc == desc) return known.mem;
  const Phase phase = plan.phase();
  plan.set_phase(Phase::kLayout);
  const Mem to = plan.allocate(desc);
  relayouts_[name].push_back(plan.step_count(Phase::kLayout));
  reorder({array.buffer, view}, to, name);
  plan.set_phase(phase);
  weights_[name].push_back({view, desc, to});
  return to;
}

Mem Lowering::rearranged_weight(const std::string& name, const std::string& form, const Dims& dims,
                                const std::function<void(const float*, float*)>& rearrange, const Desc& desc) {
  Layouts& known = rearranged_weights_[{name, form}];
  for (const Mem& mem : known)
    if (mem.desc == desc) return mem;
  const Mem array = weight_arrays_.at(name);
  const Phase phase = plan.phase();
  plan.set_phase(Phase::kLayout);
  const Mem other = plan.allocate(plain(dims));
  relayouts_[name].push_back(plan.step_count(Phase::kLayout));
  plan.add_body("rearrange " + name, "loops", {{0, array}, {1, other}}, [array, other, rearrange, &plan = plan] {
    rearrange(static_cast<const float*>(plan.data(array)), static_cast<float*>(plan.data(other)));
  });
  Mem to = other;
  if (desc != other.desc) {
    to = plan.allocate(desc);
    relayouts_[name].push_back(plan.step_count(Phase::kLayout));
    reorder(other, to, name);
  }
  plan.set_phase(phase);
  known.push_back(to);
  return to;
}

void Lowering::contribute(const std::string& name, const Mem& mem) {
  if (wants(name)) contributions_[name].push_back(normal(mem));
}

Layouts& Lowering::gradient(const std::string& name) {
  const auto known = gradients_.find(name);
  if (known != gradients_.end()) return known->second;
  place_pieces(name);
  std::vector<Mem>& parts = contributions_[name];
  if (parts.empty()) {  // wanted outputs that nothing used: a zero array
    const Mem zero = plan.allocate(plain(dims(shape(name))));
    plan.pin(zero);
    parts.push_back(zero);
  }
  if (parts.size() == 1) return gradients_[name] = {parts.front()};
  Desc desc = plain(dims_of(parts.front().desc));
  if (!is_weight(name) && values_.contains(name)) desc = values_.at(name).front().desc;
  std::vector<Desc> descs(parts.size(), desc);
  Arguments arguments;
  for (size_t i = 0; i < parts.size(); ++i) {
    Layouts part{parts[i]};
    arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), lay(part, desc, "gradient of " + name));
  }
  const Mem sum = plan.allocate(desc);
  arguments.emplace_back(DNNL_ARG_DST, sum);
  const auto description = describe_sum(plan.engine(), plan.attributes(), desc, descs);
  plan.add("sum gradients of " + name, description, dnnl::sum(description), arguments);
  return gradients_[name] = {sum};
}

bool Lowering::may_overwrite(const std::string& name, const Mem& gradient) const {
  const auto& wanted = options.gradients;
  if (plan.is_borrowed(gradient) || plan.is_pinned(gradient) || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) return false;
  // What pieces_ holds is a new array or stands in contributions_ as well.
  return std::none_of(contributions_.begin(), contributions_.end(), [&](const auto& other) {
    return other.first != name &&
           std::any_of(other.second.begin(), other.second.end(), [&](const Mem& part) { return part.buffer == gradient.buffer; });
  });
}

Mem Lowering::in_place(const std::string& name, const Mem& gradient) {
  return may_overwrite(name, gradient) ? gradient : plan.allocate(gradient.desc);
}

Mem Lowering::gradient(const std::string& name, const Desc& desc) { return lay(gradient(name), desc, "gradient of " + name); }

const Node* Lowering::only_user(const std::string& value) const {
  const auto users = users_.find(value);
  if (users == users_.end() || users->second.size() != 1) return nullptr;
  const auto listed = [&](const std::vector<std::string>& names) { return std::find(names.begin(), names.end(), value) != names.end(); };
  if (listed(options.values) || listed(options.seeds) || listed(options.gradients)) return nullptr;
  return &graph.nodes[static_cast<size_t>(users->second.front())];
}

std::optional<Lowering::Fused> Lowering::fuse_activation(const std::string& value) {
  const Node* user = only_user(value);
  if (!user) return std::nullopt;
  const Node& node = *user;
  const auto activation = find_activation(*this, node);
  if (!activation || (wants(value) && activation->from_result == dnnl::algorithm::undef)) return std::nullopt;
  return Fused{node.outputs[0], *activation};
}

std::optional<Lowering::Sum> Lowering::find_sum(const std::string& value) const {
  const Node* user = only_user(value);
  if (!user || user->op != "Add" || user->inputs.size() != 2) return std::nullopt;
  const std::string& other = user->inputs[user->inputs[0] == value ? 1 : 0];
  if (other == value || !values_.contains(other) || is_weight(other) || shape(other) != shape(value)) return std::nullopt;
  return Sum{user->outputs[0], other};
}

dnnl::primitive_attr Lowering::attributes_with(const std::optional<Fused>& fused, const Mem& other) const {
  dnnl::primitive_attr attributes = plan.attributes();
  if (!fused && !other) return attributes;
  dnnl::post_ops ops;
  if (other) ops.append_binary(dnnl::algorithm::binary_add, other.desc);
  if (fused) append_eltwise(ops, fused->activation.algorithm, fused->activation.alpha, fused->activation.beta);
  attributes.set_post_ops(ops);
  return attributes;
}

Mem Lowering::pinned_plain(Layouts& layouts, const std::string& label) {
  const Mem mem = lay(layouts, plain(dims_of(layouts.front().desc)), label);
  plan.pin(mem);
  return mem;
}

}  // namespace phosphene::onednn

// Each layer's nodes get names of their own first; when its converter is done, the values that it returned take the names of the tops.
#include "phosphene/formats/caffe/builder.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

// --- what a converter calls

const Shape& Layer::shape(const std::string& value) const { return graph_.types_.at(value).shape; }

std::string Layer::add(const std::string& op, Values inputs, Attributes attributes) {
  return add_many(op, std::move(inputs), 1, std::move(attributes))[0];
}

Values Layer::add_many(const std::string& op, Values inputs, size_t outputs, Attributes attributes) {
  return graph_.add_node(param.name(), op, std::move(inputs), outputs, std::move(attributes));
}

Tensor Layer::blob(const Shape& wanted, const Fill& fill) { return graph_.weights_.take(param.name(), taken_++, wanted, fill); }

std::string Layer::store(const std::string& part, Tensor tensor) {
  return graph_.add_constant(param.name() + "." + part, std::move(tensor));
}

std::string Layer::filled(int64_t count, float value) { return graph_.filled(count, value); }

std::string Layer::reshape(const std::string& value, const Shape& target) {
  const Shape& from = shape(value);
  PHOSPHENE_CHECK_EQ(from.size(), target.size());
  if (from == target) return value;
  std::vector<int64_t> dims = target.dims();
  const bool keeps_batch = from.rank() > 0 && target.rank() > 0 && from[0] == target[0];
  if (!keeps_batch && (target.rank() == 0 || from.rank() == 0 || target[0] % from[0]))
    throw Error(fmt::format("{} becomes {}, which parts the pictures of a batch", from, target), "keep the first axis");
  if (keeps_batch && target.rank() == 2) return add("Flatten", {value}, {{"axis", int64_t{1}}});
  dims[0] = keeps_batch ? 0 : -1;
  return add("Reshape", {value, ints(dims)});
}

// --- names

GraphBuilder::GraphBuilder(std::string name, const std::vector<const LayerParameter*>& layers, Weights& weights) : weights_(weights) {
  graph_.name = std::move(name);
  for (const LayerParameter* layer : layers) {
    if (layer->name().empty()) throw Error(fmt::format("a layer of type {} has no name", layer->type()), "name every layer");
    if (!layer_names_.insert(layer->name()).second)
      throw Error(fmt::format("two layers are named {}", layer->name()), "rename one of them");
    for (const std::string& top : layer->top()) last_writer_[top] = layer, reserved_.insert(top);
  }
  reserved_.insert(layer_names_.begin(), layer_names_.end());
}

std::string GraphBuilder::free_name(const std::string& wanted) {
  const auto taken = [&](const std::string& name) {
    return types_.contains(name) || node_names_.contains(name) || reserved_.contains(name);
  };
  std::string name = wanted;
  if (!taken(name)) return name;
  int& again = repeats_.try_emplace(wanted, 1).first->second;
  while (taken(name)) name = fmt::format("{}_{}", wanted, ++again);
  return name;
}

std::string GraphBuilder::top_name(const LayerParameter& param, int index) {
  const std::string &blob = param.top(index), &layer = param.name();
  const bool last = last_writer_.at(blob) == &param, own = blob == layer || !layer_names_.contains(blob);
  const std::string name = last && own && !types_.contains(blob) ? blob
                           : param.top_size() == 1               ? layer
                                                                 : fmt::format("{}:{}", layer, index);
  return types_.contains(name) ? free_name(name) : name;
}

// The value that the layer made takes the top's name; one that it only passes on gets it through an Identity.
void GraphBuilder::name_top(size_t first_node, const std::string& value, const std::string& name, const std::string& node_name) {
  const auto made = [&](const Node& node) { return std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end(); };
  const auto first = graph_.nodes.begin() + static_cast<std::ptrdiff_t>(first_node);
  const auto maker = std::find_if(first, graph_.nodes.end(), made);
  if (maker == graph_.nodes.end()) {
    graph_.nodes.push_back({node_name, "Identity", {value}, {name}, {}});
    types_[name] = types_.at(value);
    return;
  }
  maker->name = node_name;
  for (auto node = first; node != graph_.nodes.end(); ++node)
    for (Values* names : {&node->inputs, &node->outputs}) std::replace(names->begin(), names->end(), value, name);
  auto type = types_.extract(value);
  type.key() = name;
  types_.insert(std::move(type));
}

// --- nodes

Values GraphBuilder::add_node(const std::string& layer, const std::string& op, Values inputs, size_t outputs, Attributes attributes) {
  Node node{"", op, std::move(inputs), {}, std::move(attributes)};
  OpInputs seen{node, {}, {}};
  for (const std::string& input : node.inputs) {
    seen.types.push_back(&types_.at(input));
    seen.constants.push_back(graph_.constant(input));
  }
  const Op* entry = find_op(op);
  PHOSPHENE_CHECK(entry != nullptr);
  const std::string wanted = fmt::format("{}:{}", layer, op);
  for (size_t i = 0; i < outputs; ++i) {
    node.outputs.push_back(free_name(wanted));
    types_[node.outputs.back()] = {};
  }
  const std::vector<ValueType> types = entry->shape_rule(seen);
  PHOSPHENE_CHECK_EQ(types.size(), outputs);
  for (size_t i = 0; i < outputs; ++i) {
    require_sane(types[i].shape);
    types_[node.outputs[i]] = types[i];
  }
  node.name = node.outputs[0];
  node_names_.insert(node.name);
  graph_.nodes.push_back(node);
  return node.outputs;
}

std::string GraphBuilder::add_constant(const std::string& wanted, Tensor tensor) {
  const std::string name = free_name(wanted);
  types_[name] = {tensor.type(), tensor.shape()};
  graph_.add_weight(name, std::move(tensor));
  return name;
}

std::string GraphBuilder::filled(int64_t count, float value) {
  std::string& name = filled_[{count, value}];
  if (name.empty())
    name = add_constant(fmt::format("filled:{}", value), Tensor(Shape{count}, std::vector<float>(static_cast<size_t>(count), value)));
  return name;
}

// --- layers

void GraphBuilder::add_input(const std::string& blob, const Shape& shape) {
  located(fmt::format("input {}", blob), [&] {
    if (blob.empty()) throw Error("has no name", "name the input");
    if (types_.contains(blob)) throw Error("is declared twice", "rename one of the inputs");
    if (shape.rank() == 0) throw Error("has no shape", "add `input_shape { dim: 1 dim: 3 dim: HEIGHT dim: WIDTH }`");
    for (const int64_t extent : shape)
      if (extent < 1 || extent > kMaxAttribute)
        throw Error(fmt::format("has the shape {}, which is out of range", shape), "correct its shape");
    require_sane(shape);
  });
  Shape open = shape;
  open[0] = kUnknown;
  graph_.inputs.push_back({blob, {DataType::kFloat32, open}});
  types_[blob] = {DataType::kFloat32, shape};
  values_[blob] = blob;
}

Values GraphBuilder::bottoms_of(const LayerParameter& param) {
  Values bottoms;
  for (const std::string& blob : param.bottom()) {
    const auto value = values_.find(blob);
    if (labels_.contains(blob))
      throw Error(fmt::format("reads {}, which only training fills", blob), "remove the layer or give the definition for deployment");
    if (value == values_.end())
      throw Error(fmt::format("its bottom {} is no input and no top of a layer before it", blob), "correct the definition");
    bottoms.push_back(value->second);
    consumed_.insert(value->second);
  }
  return bottoms;
}

void GraphBuilder::add_layer(const LayerType& type, const LayerParameter& param) {
  const auto bottom_count = static_cast<size_t>(param.bottom_size()), top_count = static_cast<size_t>(param.top_size());
  if (bottom_count < type.min_bottoms || bottom_count > type.max_bottoms)
    throw Error(fmt::format("has {} bottoms", bottom_count), "correct the definition");
  if (top_count < 1 || top_count > type.max_tops) throw Error(fmt::format("has {} tops", top_count), "correct the definition");
  Layer layer(*this, param, bottoms_of(param));
  for (const std::string& top : param.top()) {
    const bool in_place = std::find(param.bottom().begin(), param.bottom().end(), top) != param.bottom().end();
    if (!in_place && (values_.contains(top) || labels_.contains(top)))
      throw Error(fmt::format("its top {} is made by a layer before it", top), "correct the definition");
  }
  const size_t first_node = graph_.nodes.size();
  const Values made = type.convert(layer);
  PHOSPHENE_CHECK_EQ(made.size(), top_count);
  weights_.require_all_taken(param.name(), layer.taken_);
  for (size_t i = 0; i < made.size(); ++i) {
    const std::string name = top_name(param, static_cast<int>(i)), node = i == 0 ? param.name() : free_name(param.name());
    name_top(first_node, made[i], name, node_names_.insert(node).second ? node : free_name(node));
    values_[param.top(static_cast<int>(i))] = name;
    tops_.push_back(name);
  }
}

void GraphBuilder::leave_out(const LayerParameter& param, const Error& error) {
  if (!first_failure_) first_failure_ = error;
  OpaqueNode node{
      param.name(), param.type(), {param.top().begin(), param.top().end()}, fmt::format("{} > {}", error.where(), error.problem())};
  for (const std::string& top : param.top()) causes_[top] = node.cause;
  graph_.opaque.push_back(std::move(node));
}

bool GraphBuilder::left_out(const LayerParameter& param) {
  for (const std::string& bottom : param.bottom()) {
    const auto cause = causes_.find(bottom);
    if (cause == causes_.end()) continue;
    OpaqueNode node{param.name(), param.type(), {param.top().begin(), param.top().end()}, cause->second, true};
    for (const std::string& top : param.top()) causes_[top] = node.cause;
    graph_.opaque.push_back(std::move(node));
    return true;
  }
  return false;
}

Graph GraphBuilder::finish() {
  if (graph_.nodes.empty() && first_failure_) throw Error(*first_failure_);
  for (const std::string& top : tops_)
    if (!consumed_.contains(top)) graph_.outputs.push_back(top);
  if (graph_.outputs.empty()) throw Error("has no layers that deliver anything", "give the definition of a network");
  return std::move(graph_);
}

}  // namespace phosphene::caffe

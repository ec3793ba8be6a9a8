// Channel k of a value on the way is  gain[k] * x[source[k]] + offset[k]  with x the graph's input. Where the map ends, channel s of the
// input crosses zero at  z[s] = -offset / gain.  A map that leaves values of mean 0, or the range 0..1 or -1..1, was made for
//
//     pixels 0..255    z in 20..235, or z = 0 and a gain near 1/255 (also 1/128, 1/127.5, 1/256)
//     pixels 0..1      z in 0.05..0.95 and a gain of 1 or more, or z = 0 and a gain of 100 or more
//     pixels -1..1     z = -1
//     torchvision's    channels that torchvision's normalisation and the map together bring to -1..1
#include "phosphene/model/leading_normalisation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "phosphene/graph/op.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {

namespace {

struct Channel {
  int64_t source = 0;
  double gain = 1, offset = 0;
};

struct Mapped {
  std::vector<Channel> channels;
  int axis = 1;  // of the channels; -1: a single channel without an axis
};

using Values = std::map<std::string, Mapped>;

// One number a channel from a constant that varies along the channel axis alone.
std::optional<std::vector<double>> per_channel(const Tensor& constant, const Mapped& x, int rank) {
  if (constant.type() != DataType::kFloat32 || constant.shape().rank() > rank) return std::nullopt;
  const auto count = static_cast<int64_t>(x.channels.size());
  for (int axis = 0; axis < constant.shape().rank(); ++axis) {
    const int64_t extent = constant.shape()[axis];
    const bool is_channel = axis + rank - constant.shape().rank() == x.axis;
    if (extent != 1 && !(is_channel && extent == count)) return std::nullopt;
  }
  std::vector<double> values(constant.floats().begin(), constant.floats().end());
  if (values.size() == 1) values.resize(x.channels.size(), values[0]);
  return values;
}

void scale(Channel& channel, double factor) {
  channel.gain *= factor;
  channel.offset *= factor;
}

std::optional<Mapped> arithmetic(const Graph& graph, const Node& node, const Values& values) {
  const bool first_mapped = values.contains(node.inputs[0]);
  const std::string &from = node.inputs[first_mapped ? 0 : 1], &other = node.inputs[first_mapped ? 1 : 0];
  const TensorPtr constant = graph.constant(other);
  if (!constant || (!first_mapped && node.op == "Div")) return std::nullopt;
  Mapped y = values.at(from);
  const auto numbers = per_channel(*constant, y, graph.type_of(from).shape.rank());
  if (!numbers) return std::nullopt;
  for (size_t k = 0; k < y.channels.size(); ++k) {
    Channel& channel = y.channels[k];
    const double a = (*numbers)[k];
    switch (traits_of(node).symbol) {
      case '+': channel.offset += a; break;
      case '*': scale(channel, a); break;
      case '/': scale(channel, 1 / a); break;
      default:
        if (!first_mapped) scale(channel, -1);
        channel.offset += first_mapped ? -a : a;
    }
  }
  return y;
}

std::optional<Mapped> batch_normalization(const Graph& graph, const Node& node, Mapped y) {
  std::vector<std::span<const float>> numbers;
  for (size_t i = 1; i < 5; ++i) {
    const TensorPtr constant = graph.constant(node.inputs[i]);
    if (!constant || constant->floats().size() != y.channels.size() || y.axis != 1) return std::nullopt;
    numbers.push_back(constant->floats());
  }
  const double epsilon = node.attributes.get_float("epsilon", 1e-5f);
  for (size_t k = 0; k < y.channels.size(); ++k) {
    y.channels[k].offset -= numbers[2][k];
    scale(y.channels[k], numbers[0][k] / std::sqrt(numbers[3][k] + epsilon));
    y.channels[k].offset += numbers[1][k];
  }
  return y;
}

// A 1x1 convolution whose every filter reads one channel.
std::optional<Mapped> single_channel_conv(const Graph& graph, const Node& node, const Mapped& x) {
  const TensorPtr weight = graph.constant(node.inputs[1]), bias = node.has_input(2) ? graph.constant(node.inputs[2]) : nullptr;
  if (!weight || weight->shape().rank() != 4 || weight->shape()[2] != 1 || weight->shape()[3] != 1 || (node.has_input(2) && !bias))
    return std::nullopt;
  const auto moves = [&](const char* attribute, int64_t neutral) {
    const auto numbers = node.attributes.get_ints(attribute, {});
    return std::any_of(numbers.begin(), numbers.end(), [&](int64_t n) { return n != neutral; });
  };
  if (moves("strides", 1) || moves("pads", 0) || x.axis != 1) return std::nullopt;
  const int64_t filters = weight->shape()[0], reads = weight->shape()[1], groups = node.attributes.get_int("group", 1);
  if (filters != static_cast<int64_t>(x.channels.size())) return std::nullopt;
  Mapped y;
  for (int64_t m = 0; m < filters; ++m) {
    const auto filter = weight->floats().subspan(static_cast<size_t>(m * reads), static_cast<size_t>(reads));
    if (reads - std::count(filter.begin(), filter.end(), 0.0f) != 1) return std::nullopt;
    const int64_t k = std::find_if(filter.begin(), filter.end(), [](float w) { return w != 0; }) - filter.begin();
    Channel channel = x.channels.at(static_cast<size_t>(m / (filters / groups) * reads + k));
    scale(channel, filter[static_cast<size_t>(k)]);
    if (bias) channel.offset += bias->floats()[static_cast<size_t>(m)];
    y.channels.push_back(channel);
  }
  return y;
}

std::optional<std::vector<int64_t>> constant_ints(const Graph& graph, const Node& node, size_t input) {
  const TensorPtr constant = node.has_input(input) ? graph.constant(node.inputs[input]) : nullptr;
  if (!constant || constant->type() != DataType::kInt64) return std::nullopt;
  return std::vector<int64_t>(constant->ints().begin(), constant->ints().end());
}

// x[:, [2, 1, 0]] and x[:, 0]
std::optional<Mapped> gather(const Graph& graph, const Node& node, const Mapped& x, int rank) {
  const auto indices = constant_ints(graph, node, 1);
  const int indices_rank = indices ? graph.constant(node.inputs[1])->shape().rank() : 2;
  if (indices_rank > 1 || normal_axis(node.attributes.get_int("axis", 0), rank) != x.axis) return std::nullopt;
  const auto count = static_cast<int64_t>(x.channels.size());
  Mapped y{{}, indices_rank == 0 ? -1 : x.axis};
  for (int64_t index : *indices) y.channels.push_back(x.channels.at(static_cast<size_t>(index < 0 ? index + count : index)));
  return y;
}

// x[:, ::-1] and x[:, 1:2]
std::optional<Mapped> slice(const Graph& graph, const Node& node, const Mapped& x, int rank) {
  const auto starts = constant_ints(graph, node, 1), ends = constant_ints(graph, node, 2), axes = constant_ints(graph, node, 3);
  if (!starts || !ends || !axes || axes->size() != 1 || normal_axis(axes->at(0), rank) != x.axis) return std::nullopt;
  const int64_t step = node.has_input(4) ? constant_ints(graph, node, 4).value_or(std::vector<int64_t>{0}).at(0) : 1;
  if (step == 0) return std::nullopt;
  const auto count = static_cast<int64_t>(x.channels.size()), low = int64_t{step < 0 ? -1 : 0}, high = step < 0 ? count - 1 : count;
  const auto inside = [&](int64_t at) { return std::clamp(at < 0 ? std::max(at, -count - 1) + count : at, low, high); };
  Mapped y{{}, x.axis};
  for (int64_t at = inside(starts->at(0)), end = inside(ends->at(0)); step > 0 ? at < end : at > end; at += step)
    y.channels.push_back(x.channels[static_cast<size_t>(at)]);
  return y;
}

std::optional<Mapped> unsqueeze(const Graph& graph, const Node& node, Mapped x) {
  const auto axes = constant_ints(graph, node, 1);
  if (!axes || axes->size() != 1 || x.axis != -1) return std::nullopt;
  x.axis = normal_axis(axes->at(0), graph.type_of(node.outputs[0]).shape.rank());
  return x;
}

std::optional<Mapped> concat(const Graph& graph, const Node& node, const Values& values) {
  Mapped y{{}, normal_axis(node.attributes.get_int("axis", 1), graph.type_of(node.outputs[0]).shape.rank())};
  for (const std::string& input : node.inputs) {
    const auto found = values.find(input);
    if (found == values.end() || found->second.axis != y.axis) return std::nullopt;
    y.channels.insert(y.channels.end(), found->second.channels.begin(), found->second.channels.end());
  }
  return y;
}

Mapped transpose(const Node& node, Mapped x) {
  const auto order = node.attributes.get_ints("perm", {});
  x.axis = static_cast<int>(std::find(order.begin(), order.end(), x.axis) - order.begin());
  return x;
}

// What a node makes of mapped values; nothing when it is a real layer, or not known to be none.
std::optional<Mapped> through(const Graph& graph, const Node& node, const Values& values) {
  const OpTraits& traits = traits_of(node);
  if (node.outputs.size() != 1) return std::nullopt;
  if (traits.kind == OpKind::kArithmetic) return arithmetic(graph, node, values);
  if (traits.values == OpValues::kJoined) return concat(graph, node, values);
  const auto found = values.find(node.inputs[0]);
  if (found == values.end()) return std::nullopt;
  const Mapped& x = found->second;
  const ValueType &from = graph.type_of(node.inputs[0]), &to = graph.type_of(node.outputs[0]);
  if (traits.values == OpValues::kKept && to.shape == from.shape && (to.type == from.type || to.type == DataType::kFloat32)) return x;
  if (node.op == "BatchNormalization") return batch_normalization(graph, node, x);
  if (node.op == "Conv") return single_channel_conv(graph, node, x);
  if (node.op == "Gather") return gather(graph, node, x, from.shape.rank());
  if (node.op == "Slice") return slice(graph, node, x, from.shape.rank());
  if (node.op == "Unsqueeze") return unsqueeze(graph, node, x);
  if (traits.units == OpUnits::kPermuted && x.axis >= 0) return transpose(node, x);
  return std::nullopt;
}

// The map by the input's channels. Nothing unless every channel of the input is there once.
std::optional<std::vector<Channel>> by_source(const Mapped& mapped, int64_t inputs) {
  std::vector<Channel> channels = mapped.channels;
  std::sort(channels.begin(), channels.end(), [](const Channel& a, const Channel& b) { return a.source < b.source; });
  if (static_cast<int64_t>(channels.size()) != inputs) return std::nullopt;
  for (int64_t s = 0; s < inputs; ++s) {
    const Channel& channel = channels[static_cast<size_t>(s)];
    if (channel.source != s || !std::isfinite(channel.gain) || !std::isfinite(channel.offset) || channel.gain == 0) return std::nullopt;
  }
  return channels;
}

bool all_of(const std::vector<Channel>& channels, const std::function<bool(double gain, double zero)>& fits) {
  return std::all_of(channels.begin(), channels.end(), [&](const Channel& c) { return fits(c.gain, -c.offset / c.gain); });
}

// Means that fall from channel to channel are ImageNet's in RGB, means that rise are the same in BGR.
bool means_rise(const std::vector<Channel>& channels, double span) {
  const auto mean = [&](size_t s) { return -channels[s].offset / channels[s].gain / span; };
  return channels.size() == 3 && mean(0) > 0.3 && mean(0) < mean(1) && mean(1) < mean(2) && mean(2) < 0.6;
}

bool undoes_torchvision(const std::vector<Channel>& channels) {
  if (channels.size() != 3) return false;
  const Preprocess p = parse_preprocess("torchvision");
  for (size_t s = 0; s < 3; ++s) {
    const double gain = channels[s].gain / p.deviation[s], offset = channels[s].offset - gain * p.mean[s];
    if (std::abs(gain - 2) > 0.05 || std::abs(offset + 1) > 0.05) return false;
  }
  return true;
}

std::optional<std::string> wanted_pixels(const std::vector<Channel>& channels) {
  const bool grey = channels.size() == 1;
  const auto range = [&](const char* text, double span) {
    return fmt::format("{} {}", grey ? "grey" : means_rise(channels, span) ? "bgr" : "rgb", text);
  };
  const auto zero_at = [](double zero, double wanted) { return std::abs(zero - wanted) < 0.02; };
  if (undoes_torchvision(channels)) return "torchvision";
  if (all_of(channels, [&](double gain, double zero) {
        return gain > 0 && ((zero > 20 && zero < 235) || (zero_at(zero, 0) && gain > 0.003 && gain < 0.02));
      }))
    return range("range=0..255", 255);
  if (all_of(channels,
             [&](double gain, double zero) { return gain >= 1 && ((zero > 0.05 && zero < 0.95) || (zero_at(zero, 0) && gain > 100)); }))
    return range("range=0..1", 1);
  if (all_of(channels, [&](double gain, double zero) { return gain > 0 && zero_at(zero, -1); })) return range("range=-1..1", 1);
  return std::nullopt;
}

}  // namespace

std::optional<LeadingNormalisation> find_leading_normalisation(const Graph& whole, const std::string& input) {
  const Shape shape = whole.type_of(input).shape;
  if (shape.rank() != 4 || (shape[1] != 1 && shape[1] != 3)) return std::nullopt;
  const Graph graph = infer_shapes(fold_constants(passes::constant_nodes_to_weights(whole)));
  Mapped start;
  for (int64_t c = 0; c < shape[1]; ++c) start.channels.push_back({.source = c});
  Values values{{input, start}};
  std::set<std::string> ends;
  for (const Node& node : graph.nodes) {
    if (traits_of(node).values == OpValues::kCounted) continue;
    const auto mapped =
        std::find_if(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) { return values.contains(name); });
    if (mapped == node.inputs.end()) continue;
    if (auto y = through(graph, node, values))
      values[node.outputs[0]] = std::move(*y);
    else
      ends.insert(*mapped);
  }
  if (ends.size() != 1 || *ends.begin() == input) return std::nullopt;
  const auto channels = by_source(values.at(*ends.begin()), shape[1]);
  if (!channels) return std::nullopt;
  const auto words = wanted_pixels(*channels);
  if (!words) return std::nullopt;
  return LeadingNormalisation{*ends.begin(), *words};
}

}  // namespace phosphene

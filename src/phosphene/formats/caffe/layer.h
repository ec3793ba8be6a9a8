// What the converter of a layer sees and does: bottoms and their shapes, blobs, and nodes that it adds. For the sources of formats/caffe
// only.
#pragma once

#include <string>
#include <vector>

#include <phosphene_caffe.pb.h>

#include "phosphene/formats/caffe/weights.h"
#include "phosphene/graph/graph.h"

namespace phosphene::caffe {

class GraphBuilder;

using Values = std::vector<std::string>;  // names of values in the graph

class Layer {
 public:
  const LayerParameter& param;
  const Values bottoms;

  // Shape of a value, with the batch that the definition declares.
  const Shape& shape(const std::string& value) const;
  const Shape& shape() const { return shape(bottoms[0]); }

  // Adds a node whose shape rule must accept its inputs; returns its output.
  std::string add(const std::string& op, Values inputs, Attributes attributes = {});
  Values add_many(const std::string& op, Values inputs, size_t outputs, Attributes attributes = {});

  // The layer's next blob.
  Tensor blob(const Shape& shape, const Fill& fill);
  // A constant by the name LAYER.part.
  std::string store(const std::string& part, Tensor tensor);
  std::string weight(const std::string& part, const Shape& shape, const Fill& fill) { return store(part, blob(shape, fill)); }
  // A vector of one value, shared by all layers.
  std::string filled(int64_t count, float value);
  std::string scalar(float value) { return store("constant", Tensor::scalar(value)); }
  std::string ints(std::vector<int64_t> values) { return store("constant", Tensor::ints(std::move(values))); }

  // The value under another shape of as many elements. Targets never spell the batch, so that it stays open: where both shapes begin with
  // one extent it is kept, else the first extent is what is left over. Error when that cannot be.
  std::string reshape(const std::string& value, const Shape& target);

 private:
  friend class GraphBuilder;
  Layer(GraphBuilder& graph, const LayerParameter& parameter, Values from) : param(parameter), bottoms(std::move(from)), graph_(graph) {}

  GraphBuilder& graph_;
  int taken_ = 0;
};

// Adds the layer's nodes; returns the value of every top.
using Converter = Values (*)(Layer& layer);

struct LayerType {
  enum class Role { kInput, kConvert, kDrop };  // kDrop: only training has a use for it
  const char* name;
  Role role;
  Converter convert = nullptr;
  size_t min_bottoms = 1, max_bottoms = 1, max_tops = 1;
};

// The table of layer types; null for a type that it lacks.
const LayerType* find_layer_type(const std::string& name);

// The shape that an input or data layer declares for top `index`; rank 0 for a label. Error when it declares none.
Shape input_shape(const LayerParameter& param, int index);

// Families, one source file each.
Values convolution(Layer& layer);
Values depthwise_convolution(Layer& layer);
Values deconvolution(Layer& layer);
Values inner_product(Layer& layer);

Values pooling(Layer& layer);

Values relu(Layer& layer);
Values prelu(Layer& layer);
Values elu(Layer& layer);
Values sigmoid(Layer& layer);
Values tanh(Layer& layer);
Values abs_val(Layer& layer);
Values power(Layer& layer);
Values exponential(Layer& layer);
Values logarithm(Layer& layer);
Values bnll(Layer& layer);
Values dropout(Layer& layer);

Values lrn(Layer& layer);
Values batch_norm(Layer& layer);
Values scale(Layer& layer);
Values bias(Layer& layer);
Values mvn(Layer& layer);
Values softmax(Layer& layer);

Values eltwise(Layer& layer);
Values concat(Layer& layer);
Values slice(Layer& layer);
Values split(Layer& layer);

Values flatten(Layer& layer);
Values reshape(Layer& layer);
Values crop(Layer& layer);
Values tile(Layer& layer);
Values arg_max(Layer& layer);

Values axpy(Layer& layer);
Values clip(Layer& layer);
Values interp(Layer& layer);
Values mish(Layer& layer);
Values normalize(Layer& layer);
Values permute(Layer& layer);
Values relu6(Layer& layer);
Values shuffle_channel(Layer& layer);
Values swish(Layer& layer);
Values threshold(Layer& layer);
Values upsample(Layer& layer);
Values reduction(Layer& layer);

}  // namespace phosphene::caffe

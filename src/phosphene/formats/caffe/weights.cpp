// A BlobProto holds its values as floats or doubles, its extents in `shape` or, in older files, in four fields of their own.
#include "phosphene/formats/caffe/weights.h"

#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

namespace {

// A definition of a few lines can ask for any number of random values; no image network has this many.
constexpr int64_t kMaxRandomValues = (int64_t{1} << 28) - 1;

Shape shape_of(const BlobProto& blob) {
  if (blob.has_shape()) return Shape(std::vector<int64_t>(blob.shape().dim().begin(), blob.shape().dim().end()));
  return {blob.num(), blob.channels(), blob.height(), blob.width()};
}

std::vector<int64_t> without_ones(const Shape& shape) {
  std::vector<int64_t> dims;
  for (const int64_t extent : shape)
    if (extent != 1) dims.push_back(extent);
  return dims;
}

}  // namespace

Fill he_fill(double fan_in) { return {0, static_cast<float>(std::sqrt(2 / std::max(fan_in, 1.0)))}; }

Weights::Weights(NetParameter file) : file_(std::move(file)) {
  for (LayerParameter& layer : *file_.mutable_layer())
    if (layer.blobs_size() > 0) layers_.emplace(layer.name(), &layer);
}

Tensor Weights::take(const std::string& layer, int index, const Shape& shape, const Fill& fill) {
  return located(fmt::format("blob {}", index), [&] {
    require_sane(shape);
    if (!seed_) return read(layer, index, shape);
    const int64_t left = kMaxRandomValues - random_values_;
    if (shape.size() > left)
      throw Error(fmt::format("random weights of shape {} would need more than 1 GiB in all", shape), "correct the layer's sizes");
    random_values_ += shape.size();
    Tensor tensor = Tensor::zeros(shape);
    Rng(*seed_, "weights " + layer, static_cast<uint64_t>(index)).fill_normal(tensor.floats(), fill.deviation);
    for (float& value : tensor.floats()) value += fill.mean;
    return tensor;
  });
}

Tensor Weights::read(const std::string& layer, int index, const Shape& shape) {
  const auto found = layers_.find(layer);
  if (found == layers_.end())
    throw Error("the layer has no weights in the .caffemodel", "give the .caffemodel that belongs to the definition");
  if (index >= found->second->blobs_size())
    throw Error(fmt::format("the .caffemodel has only {} blobs for the layer", found->second->blobs_size()),
                "give the .caffemodel that belongs to the definition");
  BlobProto& blob = *found->second->mutable_blobs(index);
  const int64_t count = blob.double_data_size() ? blob.double_data_size() : blob.data_size();
  const Shape stored = shape_of(blob);
  if (count != shape.size() || without_ones(stored) != without_ones(shape))
    throw Error(fmt::format("the .caffemodel holds {} values of shape {}, the definition wants {}", count, stored, shape),
                "give the .caffemodel that belongs to the definition");
  Floats values(static_cast<size_t>(count));
  if (blob.double_data_size())
    for (int64_t i = 0; i < count; ++i) values[static_cast<size_t>(i)] = static_cast<float>(blob.double_data(static_cast<int>(i)));
  else
    std::copy(blob.data().begin(), blob.data().end(), values.begin());
  blob.Clear();  // a large network is not kept twice
  return Tensor(shape, std::move(values));
}

void Weights::require_all_taken(const std::string& layer, int taken) const {
  const auto found = layers_.find(layer);
  if (seed_ || taken == 0 || found == layers_.end() || found->second->blobs_size() == taken) return;
  throw Error(fmt::format("the .caffemodel has {} blobs for the layer, the definition wants {}", found->second->blobs_size(), taken),
              "give the .caffemodel that belongs to the definition");
}

}  // namespace phosphene::caffe

// The numbers of a network's layers: from a file, or random. For the sources of formats/caffe only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <phosphene_caffe.pb.h>

#include "phosphene/graph/tensor.h"

namespace phosphene::caffe {

// Random values N(mean, deviation^2).
struct Fill {
  float mean = 0, deviation = 0;
};
// He et al., "Delving deep into rectifiers", ICCV 2015: N(0, 2 / fan_in) keeps the size of activations through a ReLU.
Fill he_fill(double fan_in);
inline constexpr Fill kBiasFill = {0, 0.01f};

class Weights {
 public:
  explicit Weights(NetParameter file);
  explicit Weights(uint64_t seed) : seed_(seed) {}

  // Blob `index` of a layer. In a file it must hold as many values as `shape`, and its own shape may differ only by extents of 1. Random
  // values depend on the seed, the layer's name, the index and the shape alone. Error for a missing, misshapen or too large blob. A blob is
  // given once.
  Tensor take(const std::string& layer, int index, const Shape& shape, const Fill& fill);
  // Error when a file has more blobs for the layer than were taken.
  void require_all_taken(const std::string& layer, int taken) const;

 private:
  Tensor read(const std::string& layer, int index, const Shape& shape);

  std::optional<uint64_t> seed_;
  int64_t random_values_ = 0;
  NetParameter file_;
  std::map<std::string, LayerParameter*> layers_;
};

}  // namespace phosphene::caffe

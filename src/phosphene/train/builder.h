// GraphBuilder: writes a network for training layer by layer, with initialised weights.
#pragma once

#include <cstdint>
#include <string>

#include "phosphene/train/trainable.h"

namespace phosphene {

// Extents of a convolution or transposed convolution over images; square, zero padded.
struct ConvShape {
  int64_t out = 1, kernel = 3, stride = 1, pad = 1;
};

// Weights are drawn N(0, gain / fan_in) from Rng(seed, value name): He initialisation for gain 2 (He et al. 2015, arXiv 1502.01852).
// Every layer method returns the name of the value that it adds.
class GraphBuilder {
 public:
  GraphBuilder(std::string graph_name, uint64_t seed);
  GraphBuilder(const GraphBuilder&) = delete;

  std::string input(const std::string& name, const Shape& shape);
  // x times an input [n, units] for dropout's factors.
  std::string masked(const std::string& name, const std::string& from, const std::string& mask);
  std::string conv(const std::string& name, const std::string& from, const ConvShape& shape, double gain = 2);
  // Starts as a resize by `stride` and a smaller convolution would: every output position gets the same weights, so that no checkerboard is
  // there to be unlearned (Aitken et al., arXiv 1707.02937, for kernels not smaller than the stride).
  std::string transposed_conv(const std::string& name, const std::string& from, const ConvShape& shape, double gain = 2);
  // Every channel by itself through one row (or column) of weights of odd length, zero padded, which are not trained.
  enum class Along { kRows, kColumns };
  std::string filter(const std::string& name, const std::string& from, Along along, const std::vector<float>& taps);
  std::string gemm(const std::string& name, const std::string& from, int64_t out, double gain = 2);
  // Normalises over the batch while it trains: outputs name, name + "/mean", name + "/variance" (the running statistics after this batch).
  std::string batch_norm(const std::string& name, const std::string& from);
  // Normalises likewise, without a scale and an offset of its own: every channel gets mean 0 and variance 1.
  std::string normalised(const std::string& name, const std::string& from);
  // Every pixel becomes 2 x 2 pixels.
  std::string doubled(const std::string& name, const std::string& from);
  // Linear between pixels to the height and width of `like`, which has as many channels.
  std::string resized_like(const std::string& name, const std::string& from, const std::string& like);
  // x + conv3x3(leaky(conv3x3(leaky(x)))); the last convolution starts at zero, so the block starts as the identity (He et al. 2016, arXiv
  // 1603.05027; Zhang et al. 2019, arXiv 1901.09321).
  std::string residual(const std::string& name, const std::string& from, float leak);
  std::string unary(const std::string& name, const std::string& op, const std::string& from, Attributes attributes = {});
  std::string binary(const std::string& name, const std::string& op, const std::string& a, const std::string& b);
  std::string max_pool(const std::string& name, const std::string& from);     // 3x3, stride 2, pad 1: halves the size, rounded up
  std::string global_mean(const std::string& name, const std::string& from);  // [n, c, h, w] -> [n, c, 1, 1]
  std::string flatten(const std::string& name, const std::string& from);
  std::string reshape(const std::string& name, const std::string& from, const std::vector<int64_t>& target);  // 0: as in the source
  std::string concat(const std::string& name, const std::string& a, const std::string& b);                    // along axis 1

  // The last value under another name; its weights keep theirs.
  std::string rename(const std::string& value, const std::string& name);

  TrainableGraph finish(const std::vector<std::string>& outputs);
  const Shape& shape(const std::string& value) const { return shapes_.at(value); }

 private:
  Node& add(const std::string& op, const std::string& name, std::vector<std::string> inputs, Shape shape, Attributes attributes = {});
  void trained(const std::string& name, Tensor tensor);
  void weight(const std::string& name, const Shape& shape, double deviation);
  enum class Affine { kTrained, kFixed };  // scale and offset of a normalisation
  std::string add_batch_norm(const std::string& name, const std::string& from, Affine affine);
  void spread_weight(const std::string& name, const Shape& shape, int64_t stride, double deviation);
  TrainableGraph net_;
  Graph& graph_ = net_.graph;
  uint64_t seed_;
  std::map<std::string, Shape> shapes_;
};

}  // namespace phosphene

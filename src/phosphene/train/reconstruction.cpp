#include "phosphene/train/reconstruction.h"

#include <algorithm>

#include "phosphene/graph/passes.h"
#include "phosphene/train/losses.h"

namespace phosphene {

Reconstructor::Reconstructor(const Graph& generator, const Model& network, const std::string& code_layer, const Dataset& data,
                             const ReconstructionOptions& options)
    : pictures_(data, network.preprocess, 50), code_layer_(code_layer), input_(network.input().name) {
  const Engine& engine = find_engine(options.engine);
  const int64_t batch = pictures_.batch();
  encode_ = engine.compile(network.graph, {.batch = batch, .values = {code_layer}, .precision = options.precision});
  const Graph chained = chain(bind_batch(generator, batch), "image", {}, bind_batch(network.graph, batch), input_, {"", kEncoder});
  decode_ = engine.compile(
      chained, {.batch = batch, .values = {"image", kEncoder + code_layer}, .mutable_weights = true, .precision = options.precision});
}

void Reconstructor::reconstruct(const SpreadBatch& which) {
  pictures_.read(which, encode_->input(input_));
  encode_->forward();
  std::ranges::copy(encode_->value(code_layer_), decode_->input("code").begin());
  decode_->forward();
}

double Reconstructor::median_error(int64_t most_images) {
  std::vector<float> errors, part(static_cast<size_t>(pictures_.batch()));
  for (const SpreadBatch& which : pictures_.batches(most_images)) {
    reconstruct(which);
    relative_errors(decode_->value(kEncoder + code_layer_), encode_->value(code_layer_), part);
    errors.insert(errors.end(), part.begin(), part.end());
  }
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::nth_element(errors.begin(), middle, errors.end());
  return *middle;
}

Image Reconstructor::grid(int64_t most_pictures) {
  reconstruct(pictures_.one_batch());
  const std::span<const float> real = encode_->input(input_), drawn = decode_->value("image");
  return pictures_.grid({{real.begin(), real.end()}, {drawn.begin(), drawn.end()}}, most_pictures);
}

}  // namespace phosphene

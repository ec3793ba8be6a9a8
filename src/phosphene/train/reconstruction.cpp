#include "phosphene/train/reconstruction.h"

#include <algorithm>

#include "phosphene/graph/passes.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/read.h"

namespace phosphene {

Reconstructor::Reconstructor(const Graph& generator, const Model& network, const std::string& code_layer, const Dataset& data,
                             const ReconstructionOptions& options)
    : network_(network), data_(data), code_layer_(code_layer), input_(network.input().name), batch_(std::min<int64_t>(50, data.count)) {
  const Engine& engine = find_engine(options.engine);
  encode_ = engine.compile(network.graph, {.batch = batch_, .values = {code_layer}, .precision = options.precision});
  const Graph chained = chain(bind_batch(generator, batch_), "image", {}, bind_batch(network.graph, batch_), input_, {"", kEncoder});
  decode_ = engine.compile(
      chained, {.batch = batch_, .values = {"image", kEncoder + code_layer}, .mutable_weights = true, .precision = options.precision});
}

void Reconstructor::reconstruct(int64_t part, int64_t parts) {
  const std::vector<int64_t> which = spread({part, parts, batch_}, data_.count);
  read_images(data_, network_.preprocess, which, encode_->input(input_));
  encode_->forward();
  const auto code = encode_->value(code_layer_);
  std::copy(code.begin(), code.end(), decode_->input("code").begin());
  decode_->forward();
}

double Reconstructor::median_error(int64_t most_images) {
  std::vector<float> errors, part(static_cast<size_t>(batch_));
  const int64_t parts = std::max<int64_t>(1, std::min(most_images, data_.count) / batch_);
  for (int64_t b = 0; b < parts; ++b) {
    reconstruct(b, parts);
    relative_errors(decode_->value(kEncoder + code_layer_), encode_->value(code_layer_), part);
    errors.insert(errors.end(), part.begin(), part.end());
  }
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::nth_element(errors.begin(), middle, errors.end());
  return *middle;
}

Image Reconstructor::grid(int64_t pictures) {
  constexpr int64_t kColumns = 10;
  reconstruct(0, 1);
  const auto pixels = static_cast<size_t>(data_.image_size());
  const std::span<const float> real = encode_->input(input_), drawn = decode_->value("image");
  std::vector<Image> cells;
  const int64_t rows = std::min(pictures, batch_) / kColumns;
  for (int64_t row = 0; row < rows; ++row)
    for (const auto& values : {real, drawn})
      for (int64_t i = row * kColumns; i < (row + 1) * kColumns; ++i)
        cells.push_back(network_.preprocess.to_image(values.subspan(static_cast<size_t>(i) * pixels, pixels), data_.height, data_.width));
  return tile(cells, kColumns);
}

}  // namespace phosphene

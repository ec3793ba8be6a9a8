#include "phosphene/train/reconstruction.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/code_grid.h"
#include "phosphene/train/losses.h"

namespace phosphene {

struct Reconstructor::Drawing {
  Graph graph;
  std::string code, image;
  std::optional<PictureSpace> picture;  // absent: E's input space
};

Reconstructor::Reconstructor(const Graph& generator, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options)
    : Reconstructor(Drawing{generator, "code", "image", {}}, std::move(encoder), data, options) {}

Reconstructor::Reconstructor(const Prior& prior, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options)
    : Reconstructor(Drawing{prior.graph, prior.code, prior.image, prior.picture}, std::move(encoder), data, options) {}

Reconstructor::Reconstructor(const Drawing& drawing, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options)
    : network_(std::move(encoder.network)),
      pictures_(data, network_.preprocess, 50),
      code_layer_(std::move(encoder.code)),
      input_(network_.input().name),
      code_(drawing.code) {
  const Engine& engine = find_engine(options.engine);
  const int64_t batch = pictures_.batch();
  const Graph generator = infer_shapes(bind_batch(drawing.graph, batch)),
              study = bind_batch(network_.graph, batch, {data.height, data.width});
  encode_ = engine.compile(study, {.batch = batch, .values = {code_layer_}, .precision = options.precision});
  const auto& code = generator.find_input(code_)->type.shape.dims();
  code_shape_ = Shape(std::vector<int64_t>(code.begin() + 1, code.end()));
  const int64_t encoded = encode_->graph().type_of(code_layer_).shape.size() / batch;
  if (!fills_code(encoded, code_shape_))
    throw Error(fmt::format("its code has {} values, layer {} of {} has {}", code_shape_.size(), code_layer_, network_.name, encoded),
                "name the layer whose values are its codes with --code-layer");
  const Bridge bridge = drawing.picture ? make_bridge(*drawing.picture, {network_.preprocess, data.height, data.width}) : Bridge{};
  const Graph chained = chain(generator, drawing.image, bridge, study, input_, {"", kEncoder});
  decode_ = engine.compile(
      chained,
      {.batch = batch, .values = {kEncoder + input_, kEncoder + code_layer_}, .mutable_weights = true, .precision = options.precision});
}

void Reconstructor::reconstruct(const SpreadBatch& which) {
  pictures_.read(which, encode_->input(input_));
  encode_->forward();
  const auto encoded = encode_->value(code_layer_);
  std::vector<float> code(encoded.begin(), encoded.end());
  if (const int64_t values = std::ssize(code) / pictures_.batch(); values < code_shape_.size())
    code = with_zero_channels(code, values / code_shape_.size(1, 3), code_shape_);
  std::ranges::copy(code, decode_->input(code_).begin());
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
  const std::span<const float> real = encode_->input(input_), drawn = decode_->value(kEncoder + input_);
  return pictures_.grid({{real.begin(), real.end()}, {drawn.begin(), drawn.end()}}, most_pictures);
}

}  // namespace phosphene

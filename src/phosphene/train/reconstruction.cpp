#include "phosphene/train/reconstruction.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/code_grid.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/read.h"

namespace phosphene {

struct Reconstructor::Drawing {
  Graph graph;
  std::string code, image;
  std::optional<PictureSpace> picture;  // absent: E's input space
};

namespace {

// Where a code lacks channels of the generator's (noise that no picture decides), they are zero.
bool lacks_channels(int64_t encoded, const Shape& code) {
  return code.rank() == 3 && encoded < code.size() && encoded % code.size(1, 3) == 0;
}

Model encoder_of(const Prior& prior, const Model& network, const Dataset& data) {
  if (!prior.encoder || prior.encoder->graph.empty()) return network;
  Model encoder = load_model(prior.encoder->graph);
  encoder.preprocess.height = data.height;
  encoder.preprocess.width = data.width;
  return encoder;
}

// Empty: the encoder's output.
std::string code_layer_of(const Prior& prior, const std::string& code_layer) {
  return prior.encoder && !prior.encoder->graph.empty() ? "" : code_layer;
}

}  // namespace

Reconstructor::Reconstructor(const Graph& generator, const Model& network, const std::string& code_layer, const Dataset& data,
                             const ReconstructionOptions& options)
    : Reconstructor(Drawing{generator, "code", "image", {}}, network, code_layer, data, options) {}

Reconstructor::Reconstructor(const Prior& prior, const Model& network, const std::string& code_layer, const Dataset& data,
                             const ReconstructionOptions& options)
    : Reconstructor(Drawing{prior.graph, prior.code, prior.image, prior.picture}, encoder_of(prior, network, data),
                    code_layer_of(prior, code_layer), data, options) {}

Reconstructor::Reconstructor(const Drawing& drawing, Model encoder, std::string code_layer, const Dataset& data,
                             const ReconstructionOptions& options)
    : network_(std::move(encoder)),
      data_(data),
      code_layer_(code_layer.empty() ? network_.graph.outputs.at(0) : std::move(code_layer)),
      input_(network_.input().name),
      code_(drawing.code),
      batch_(std::min<int64_t>(50, data.count)) {
  const Engine& engine = find_engine(options.engine);
  const Graph generator = infer_shapes(bind_batch(drawing.graph, batch_)),
              study = bind_batch(network_.graph, batch_, {data.height, data.width});
  encode_ = engine.compile(study, {.batch = batch_, .values = {code_layer_}, .precision = options.precision});
  const auto& code = generator.find_input(code_)->type.shape.dims();
  code_shape_ = Shape(std::vector<int64_t>(code.begin() + 1, code.end()));
  const int64_t encoded = encode_->graph().type_of(code_layer_).shape.size() / batch_;
  if (encoded != code_shape_.size() && !lacks_channels(encoded, code_shape_))
    throw Error(fmt::format("its code has {} values, layer {} of {} has {}", code_shape_.size(), code_layer_, network_.name, encoded),
                "name the layer whose values are its codes with --code-layer");
  const Bridge bridge = drawing.picture ? make_bridge(*drawing.picture, {network_.preprocess, data.height, data.width}) : Bridge{};
  const Graph chained = chain(generator, drawing.image, bridge, study, input_, {"", kEncoder});
  decode_ = engine.compile(
      chained,
      {.batch = batch_, .values = {kEncoder + input_, kEncoder + code_layer_}, .mutable_weights = true, .precision = options.precision});
}

void Reconstructor::reconstruct(int64_t part, int64_t parts) {
  const std::vector<int64_t> which = spread({part, parts, batch_}, data_.count);
  read_images(data_, network_.preprocess, which, encode_->input(input_));
  encode_->forward();
  const auto encoded = encode_->value(code_layer_);
  std::vector<float> code(encoded.begin(), encoded.end());
  if (const int64_t values = std::ssize(code) / batch_; values < code_shape_.size())
    code = with_zero_channels(code, values / code_shape_.size(1, 3), code_shape_);
  std::ranges::copy(code, decode_->input(code_).begin());
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
  const int64_t columns = std::min<int64_t>(10, batch_);
  reconstruct(0, 1);
  const auto pixels = static_cast<size_t>(data_.image_size());
  const std::span<const float> real = encode_->input(input_), drawn = decode_->value(kEncoder + input_);
  std::vector<Image> cells;
  const int64_t rows = std::max<int64_t>(1, std::min(pictures, batch_) / columns);
  for (int64_t row = 0; row < rows; ++row)
    for (const auto& values : {real, drawn})
      for (int64_t i = row * columns; i < (row + 1) * columns; ++i)
        cells.push_back(network_.preprocess.to_image(values.subspan(static_cast<size_t>(i) * pixels, pixels), data_.height, data_.width));
  return tile(cells, columns);
}

}  // namespace phosphene

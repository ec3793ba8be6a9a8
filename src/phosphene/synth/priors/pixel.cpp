// The code is the picture: y = x, flat, between the values of pixels 0 and 255.
#include "phosphene/synth/prior.h"

namespace phosphene {

Prior pixel_prior(const PictureSpace& input) {
  const int64_t channels = input.preprocess.channels(), area = input.height * input.width;
  Prior prior;
  prior.name = "pixel";
  prior.code = "code";
  prior.image = "picture";
  prior.code_size = channels * area;
  prior.picture = input;
  prior.graph.name = "pixel";
  prior.graph.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, prior.code_size}}}};
  prior.graph.outputs = {"picture"};
  prior.graph.add_weight("picture_shape", Tensor::ints({0, channels, input.height, input.width}));
  prior.graph.nodes = {{"to_picture", "Reshape", {"code", "picture_shape"}, {"picture"}, {}}};
  prior.graph = infer_shapes(std::move(prior.graph));
  CodeBounds bounds;
  double range = 0;
  for (int64_t c = 0; c < channels; ++c) {
    const auto channel = static_cast<size_t>(c);
    const float mean = input.preprocess.mean.at(channel), deviation = input.preprocess.deviation.at(channel);
    const float low = -mean / deviation, high = (255 * input.preprocess.scale - mean) / deviation;
    bounds.lower.insert(bounds.lower.end(), static_cast<size_t>(area), low);
    bounds.upper.insert(bounds.upper.end(), static_cast<size_t>(area), high);
    range += static_cast<double>(high - low) / static_cast<double>(channels);
  }
  prior.bounds = std::move(bounds);
  prior.code_sigma = range / 6;  // plus and minus three sigma fill the range
  return prior;
}

extern const PriorKind kPixelPrior = {"pixel", "none, the picture itself",
                                      [](const Model& network, const PriorOptions&) { return pixel_prior(input_space(network)); }};

}  // namespace phosphene

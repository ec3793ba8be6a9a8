// The step of a convolution's adjoint by to_pixels.h: the weights' layout, and the sums with their bias and activation.
#include <omp.h>

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/conv_geometry.h"

namespace phosphene::onednn {

std::optional<ToPixels> find_to_pixels(const Lowering& l, const std::string& weight, const Geometry& g) {
  const bool bf16 = l.activation_kind() == DataKind::bf16;
  const int64_t block = winograd_block(bf16);
  if (block == 0 || !l.is_weight(weight) || g.groups != 1 || g.wide.size() != 4) return std::nullopt;
  const bool strided = g.strides == Dims{ToPixels::kStride, ToPixels::kStride} && g.dilations == Dims{0, 0};
  if (!strided || std::min(g.pads_begin[0], g.pads_begin[1]) < 0) return std::nullopt;
  const ToPixels layer{.pictures = g.wide[0],
                       .features = g.narrow[1],
                       .height = g.narrow[2],
                       .width = g.narrow[3],
                       .channels = g.wide[1],
                       .picture_height = g.wide[2],
                       .picture_width = g.wide[3],
                       .kernel_rows = g.weights[2],
                       .kernel_columns = g.weights[3],
                       .pad_top = g.pads_begin[0],
                       .pad_left = g.pads_begin[1],
                       .bf16 = bf16,
                       .threads = omp_get_max_threads()};
  // Fewer channels leave most lanes empty.
  const bool fits = layer.features % block == 0 && layer.channels >= 3 && layer.channels <= ToPixels::kMostChannels &&
                    layer.kernel_rows <= ToPixels::kMostRows && layer.kernel_columns <= ToPixels::kMostColumns;
  return fits ? std::optional(layer) : std::nullopt;
}

Mem lower_to_pixels(Lowering& l, const std::string& label, const std::string& weight, const ToPixels& layer, const Finish& finish,
                    const std::function<Mem(const Desc&)>& features) {
  PHOSPHENE_CHECK(finish.more.empty());
  const Mem x = features(in_channel_blocks({layer.pictures, layer.features, layer.height, layer.width}, layer.bf16));
  const Mem y =
      l.plan.allocate(Lowering::plain({layer.pictures, layer.channels, layer.picture_height, layer.picture_width}, l.activation_kind()));
  const auto pack = [layer](const float* plain, float* packed) { to_pixels_weights(layer, plain, packed); };
  const Dims floats{to_pixels_weight_floats(layer)};
  const Mem packed = l.rearranged_weight(weight, "to pixels", floats, pack, Lowering::plain(floats));
  const Mem scratch = l.plan.allocate(Lowering::plain({to_pixels_scratch_floats(layer)}));
  const Mem bias = finish.bias;
  Arguments arguments{{0, x}, {1, packed}, {2, y}, {3, scratch}};
  if (bias) arguments.emplace_back(4, bias);
  l.plan.add_body(label, "to pixels", arguments, [=, slope = finish.slope, &plan = l.plan] {
    const auto* add = bias ? static_cast<const float*>(plan.data(bias)) : nullptr;
    to_pixels(layer, plan.data(x), plan.data(packed), add, slope, plan.data(y), static_cast<float*>(plan.data(scratch)));
  });
  return y;
}

}  // namespace phosphene::onednn

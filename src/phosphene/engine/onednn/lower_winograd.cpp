// The steps of one direction of a convolution by winograd.h: the weights' layout, and the product with its bias and activation.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>

#include "phosphene/engine/onednn/conv_geometry.h"

namespace phosphene::onednn {

Desc in_channel_blocks(const Dims& pictures, bool bf16) {
  const auto tag = winograd_block(bf16) == 16 ? dnnl::memory::format_tag::nChw16c : dnnl::memory::format_tag::nChw8c;
  return Desc(pictures, bf16 ? DataKind::bf16 : DataKind::f32, tag);
}

std::optional<WinogradForm> find_winograd(const Lowering& l, const std::string& weight, const Geometry& g, bool to_wide) {
  const bool bf16 = l.activation_kind() == DataKind::bf16;
  const int64_t block = winograd_block(bf16);
  if (block == 0 || l.options.mutable_weights || !l.is_weight(weight)) return std::nullopt;
  if (g.wide.size() != 4 || g.dilations != Dims{0, 0} || g.strides[0] != g.strides[1]) return std::nullopt;
  if (std::min(g.pads_begin[0], g.pads_begin[1]) < 0) return std::nullopt;
  const int64_t kernel = g.weights[g.weights.size() - 1], stride = g.strides[0], pixels = g.narrow[0] * g.narrow[2] * g.narrow[3];
  if (g.weights[g.weights.size() - 2] != kernel || !((stride == 1 && kernel >= 3 && kernel <= 5) || (stride == 2 && kernel == 4)))
    return std::nullopt;
  const Winograd w{.pictures = g.wide[0],
                   .groups = g.groups,
                   .wide_channels = g.wide[1] / g.groups,
                   .narrow_channels = g.narrow[1] / g.groups,
                   .wide_height = g.wide[2],
                   .wide_width = g.wide[3],
                   .narrow_height = g.narrow[2],
                   .narrow_width = g.narrow[3],
                   .kernel = kernel,
                   .stride = stride,
                   .pad_top = g.pads_begin[0],
                   .pad_left = g.pads_begin[1],
                   .to_wide = to_wide,
                   .bf16 = bf16,
                   .threads = omp_get_max_threads()};
  if (w.from() % block != 0 || w.to() % block != 0) return std::nullopt;
  // Measured with two threads of a Zen 4 over the layers of common networks: from here on it is faster, of fewer pixels because the
  // transformed weights, which are larger, come from memory.
  if (pixels < (stride == 1 ? 160 : 512) || (stride == 2 && std::min(w.from(), w.to()) < 32)) return std::nullopt;
  return WinogradForm{w, "", {}, {}};
}

Mem lower_winograd(Lowering& l, const std::string& label, const std::string& weight, const WinogradForm& form, const Finish& finish,
                   const std::function<Mem(const Desc&)>& from) {
  const Winograd& w = form.tiles;
  const auto pictures = [&](int64_t channels, int64_t height, int64_t width) {
    return in_channel_blocks({w.pictures, w.groups * channels, height, width}, w.bf16);
  };
  const Desc wide = pictures(w.wide_channels, w.wide_height, w.wide_width);
  const Desc narrow = pictures(w.narrow_channels, w.narrow_height, w.narrow_width);
  const Mem x = from(w.to_wide ? narrow : wide), y = l.plan.allocate(w.to_wide ? wide : narrow);
  const auto transform = [form](const float* caller, float* transformed) {
    std::vector<float> plain;
    if (form.rearrange) {
      plain.resize(Lowering::plain(form.dims).get_size() / sizeof(float));
      form.rearrange(caller, plain.data());
    }
    winograd_weights(form.tiles, form.rearrange ? plain.data() : caller, transformed);
  };
  const Dims floats{winograd_weight_floats(w)};
  const std::string way = w.bf16 ? fmt::format(", to_wide {}", w.to_wide) : "";
  const std::string name =
      fmt::format("winograd {}, stride {}, {} groups, window {}{}", form.name, w.stride, w.groups, winograd_window(w), way);
  const Mem transformed = l.rearranged_weight(weight, name, floats, transform, Lowering::plain(floats));
  const Mem scratch = l.plan.allocate(Lowering::plain({winograd_scratch_floats(w)}));
  const Mem bias = finish.bias, more = finish.more.empty() ? Mem{} : l.value(finish.more, y.desc);
  Arguments arguments{{0, x}, {1, transformed}, {2, y}, {3, scratch}};
  if (bias) arguments.emplace_back(4, bias);
  if (more) arguments.emplace_back(5, more);
  l.plan.add_body(label, "winograd", arguments, [=, slope = finish.slope, &plan = l.plan] {
    const auto array = [&](const Mem& mem) { return mem ? plan.data(mem) : nullptr; };
    winograd(w, array(x), array(transformed), {static_cast<float*>(array(bias)), array(more), slope}, array(y),
             static_cast<float*>(array(scratch)));
  });
  return y;
}

}  // namespace phosphene::onednn

// Pooling. With extent H, kernel k, stride s, pad p along an axis:
//
//     outputs = ceil((H + 2p - k) / s) + 1, one fewer when p > 0 and the last window would begin at H + p or beyond
//     MAX     over the pixels of the window that lie in the picture
//     AVE     the sum over these, divided by the number of pixels of the window in [-p, H + p)
//
// ONNX counts the same way in its ceil_mode but for windows that begin beyond the picture and for kernels larger than the padded picture,
// so the padding at the end is spelled out instead: as much as makes the last window fit.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

namespace {

using Ints = std::vector<int64_t>;

struct Axis {
  int64_t extent, kernel, stride, pad, outputs = 0, end = 0;

  void count(bool floor, bool clip) {
    const int64_t room = extent + 2 * pad - kernel;
    if (kernel < 1 || stride < 1 || kernel > kMaxAttribute || stride > kMaxAttribute)
      throw Error("its kernel or stride is missing or out of range", "correct pooling_param");
    if (pad >= kernel) throw Error(fmt::format("the padding {} is not smaller than the kernel {}", pad, kernel), "correct pooling_param");
    outputs = (room > 0 && !floor ? (room + stride - 1) / stride : room / stride) + 1;
    if (floor && room < 0) outputs = 0;
    if (clip && outputs > 0 && (outputs - 1) * stride >= extent + pad) --outputs;
    if (outputs < 1)
      throw Error(fmt::format("the kernel {} is larger than the padded picture of {}", kernel, extent + 2 * pad), "correct pooling_param");
    if ((outputs - 1) * stride - pad >= extent)
      throw Error(fmt::format("the last window begins beyond the picture of {}", extent), "correct pooling_param");
    end = std::max<int64_t>(0, (outputs - 1) * stride + kernel - extent - pad);
  }

  // What the average of a window misses when it is divided by k: k / (pixels of the window in [-p, H + p)).
  std::vector<float> correction() const {
    std::vector<float> factors;
    for (int64_t o = 0; o < outputs; ++o) {
      const int64_t begin = o * stride - pad, inside = std::min(begin + kernel, extent + pad) - begin;
      factors.push_back(static_cast<float>(static_cast<double>(kernel) / static_cast<double>(inside)));
    }
    return factors;
  }
};

int64_t side(bool has, uint32_t value, uint32_t both) { return has ? value : both; }

std::string average(Layer& layer, const Axis& y, const Axis& x, Attributes attributes) {
  const bool padded = y.pad > 0 || x.pad > 0;
  attributes.set("count_include_pad", int64_t{padded});
  std::string value = layer.add("AveragePool", {layer.bottoms[0]}, attributes);
  if (padded && y.end > y.pad) value = layer.add("Mul", {value, layer.store("rows", Tensor(Shape{y.outputs, 1}, y.correction()))});
  if (padded && x.end > x.pad) value = layer.add("Mul", {value, layer.store("columns", Tensor(Shape{1, x.outputs}, x.correction()))});
  return value;
}

}  // namespace

Values pooling(Layer& layer) {
  const PoolingParameter& p = layer.param.pooling_param();
  const Shape& input = layer.shape();
  if (input.rank() != 4) throw Error(fmt::format("its bottom has the shape {}, which is no map", input), "feed it [n, c, h, w]");
  if (p.pool() == PoolingParameter::STOCHASTIC) throw Error("stochastic pooling is not supported", "use MAX or AVE");
  const bool max = p.pool() == PoolingParameter::MAX;
  if (p.global_pooling()) return {layer.add(max ? "GlobalMaxPool" : "GlobalAveragePool", {layer.bottoms[0]})};
  Axis y{input[2], side(p.has_kernel_h(), p.kernel_h(), p.kernel_size()), side(p.has_stride_h(), p.stride_h(), p.stride()),
         side(p.has_pad_h(), p.pad_h(), p.pad())};
  Axis x{input[3], side(p.has_kernel_w(), p.kernel_w(), p.kernel_size()), side(p.has_stride_w(), p.stride_w(), p.stride()),
         side(p.has_pad_w(), p.pad_w(), p.pad())};
  const bool floor = p.round_mode() == PoolingParameter::FLOOR || !p.ceil_mode(), clip = y.pad > 0 || x.pad > 0;
  y.count(floor, clip);
  x.count(floor, clip);
  const Attributes attributes{
      {"kernel_shape", Ints{y.kernel, x.kernel}}, {"strides", Ints{y.stride, x.stride}}, {"pads", Ints{y.pad, x.pad, y.end, x.end}}};
  return {max ? layer.add("MaxPool", {layer.bottoms[0]}, attributes) : average(layer, y, x, attributes)};
}

}  // namespace phosphene::caffe

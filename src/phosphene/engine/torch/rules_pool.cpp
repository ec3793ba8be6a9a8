// Pooling over windows and over whole planes, x [n, c, I] -> y [n, c, O].
//
//     y[o] = pool of the taps o * stride + k * dilation of the padded x
//
// ATen pads evenly and its ceil_mode has rules of its own, so x gets all its padding first unless ATen means the same: at the end as far as
// the last window reaches. The padding of an average counts for less: y = avg(padded x) / avg(padded ones).
#include "phosphene/engine/torch/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

namespace {

// The window over two or three axes; a picture of one axis gets a second one of extent 1 in front.
struct Pooling {
  Window w;
  bool native = true;  // ATen's own padding says the same
  bool line = false;
  Ints pads_end;  // as far as the last window reaches
  Ints native_pads;

  explicit Pooling(const Site& site) : w(sliding_window(site.node, site.shape(0), site.attributes().get_ints("kernel_shape", {}))) {
    for (size_t i = 0; i < w.kernel.size(); ++i) {
      const int axis = static_cast<int>(i) + 2;
      const int64_t reach = (site.output().shape[axis] - 1) * w.strides[i] + w.dilations[i] * (w.kernel[i] - 1) + 1;
      pads_end.push_back(reach - site.shape(0)[axis] - w.pads_begin[i]);
      native = native && w.pads_begin[i] == w.pads_end[i] && w.pads_begin[i] * 2 <= w.kernel[i] && pads_end[i] <= w.pads_end[i] &&
               pads_end[i] > w.pads_end[i] - w.strides[i];
    }
    line = w.kernel.size() == 1;
    if (line) {
      for (Ints* one : {&w.kernel, &w.strides, &w.dilations}) one->insert(one->begin(), 1);
      for (Ints* zero : {&w.pads_begin, &w.pads_end, &pads_end}) zero->insert(zero->begin(), 0);
    }
    native_pads = native ? w.pads_begin : Ints(w.kernel.size(), 0);
  }

  at::Tensor open(const at::Tensor& x, double value) const {
    const at::Tensor planes = line ? x.unsqueeze(2) : x;
    return native ? planes : padded(planes, w.pads_begin, pads_end, value);
  }
  at::Tensor close(const at::Tensor& y) const { return line ? y.squeeze(2) : y; }
  at::Tensor average(const at::Tensor& x, bool include_pad) const {
    return w.kernel.size() == 2 ? at::avg_pool2d(x, w.kernel, w.strides, native_pads, false, include_pad)
                                : at::avg_pool3d(x, w.kernel, w.strides, native_pads, false, include_pad);
  }
  bool dilated() const {
    return std::any_of(w.dilations.begin(), w.dilations.end(), [](int64_t dilation) { return dilation != 1; });
  }
};

Run max_pool(const Site& site) {
  const Pooling p(site);
  if (site.node.has_output(1)) {
    if (!p.native || p.line || p.w.kernel.size() != 2 || site.attributes().get_int("storage_order", 0) != 0) return nullptr;
    const int64_t planes = site.shape(0)[0] * site.shape(0)[1], plane = site.shape(0)[2] * site.shape(0)[3];
    const at::Tensor starts =
        (at::arange(planes, at::TensorOptions(at::kLong).device(site.device)) * plane).view({site.shape(0)[0], site.shape(0)[1], 1, 1});
    return [p, starts](const Tensors& inputs) -> Tensors {
      const auto [y, index] = at::max_pool2d_with_indices(inputs[0], p.w.kernel, p.w.strides, p.native_pads, p.w.dilations);
      return {y, index + starts};
    };
  }
  return [p](const Tensors& inputs) -> Tensors {
    const at::Tensor x = p.open(inputs[0], -INFINITY);
    return {p.close(p.w.kernel.size() == 2 ? at::max_pool2d(x, p.w.kernel, p.w.strides, p.native_pads, p.w.dilations)
                                           : at::max_pool3d(x, p.w.kernel, p.w.strides, p.native_pads, p.w.dilations))};
  };
}

Run average_pool(const Site& site) {
  const Pooling p(site);
  if (p.dilated()) return nullptr;
  const bool include = site.attributes().get_int("count_include_pad", 0) != 0;
  if (p.native) {
    return [p, include](const Tensors& inputs) -> Tensors { return {p.close(p.average(p.open(inputs[0], 0), include))}; };
  }
  // What counts is one: x itself, with count_include_pad its declared padding too, never what ceil_mode adds.
  Ints dims = site.shape(0).dims(), rest;
  dims[0] = dims[1] = 1;
  at::Tensor ones = at::ones(dims, at::TensorOptions(at::kFloat));
  if (p.line) ones = ones.unsqueeze(2);
  for (size_t i = 0; i < p.pads_end.size(); ++i) rest.push_back(include ? p.pads_end[i] - p.w.pads_end[i] : p.pads_end[i]);
  ones = include ? padded(padded(ones, p.w.pads_begin, p.w.pads_end, 1), Ints(rest.size(), 0), rest) : padded(ones, p.w.pads_begin, rest);
  const at::Tensor weight = p.average(ones, true).reciprocal().to(site.device);
  return [p, weight](const Tensors& inputs) -> Tensors {
    const at::Tensor y = p.average(p.open(inputs[0], 0), true);
    return {p.close(y * weight.to(y.scalar_type()))};
  };
}

// (sum |x|^p)^(1/p); its gradient at a norm of zero is zero.
at::Tensor root(const at::Tensor& sum, double p) {
  const at::Tensor zero = sum.eq(0);
  return sum.masked_fill(zero, 1).pow(1 / p).masked_fill(zero, 0);
}

Run lp_pool(const Site& site) {
  const Pooling p(site);
  if (p.dilated()) return nullptr;
  double taps = 1;
  for (const int64_t extent : p.w.kernel) taps *= static_cast<double>(extent);
  return [p, taps, order = static_cast<double>(site.attributes().get_int("p", 2))](const Tensors& inputs) -> Tensors {
    return {p.close(root(p.average(p.open(inputs[0].abs().pow(order), 0), true) * taps, order))};
  };
}

// Whole planes as one axis, so that a maximum is one number's.
at::Tensor flat(const at::Tensor& x) { return x.flatten(2); }

template <typename Reduce>
Run over_planes(const Site& site, Reduce reduce) {
  return [reduce, shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors { return {reduce(flat(inputs[0])).view(shape)}; };
}

Run global_average_pool(const Site& site) {
  Ints axes = all_axes(site.rank());
  axes.erase(axes.begin(), axes.begin() + 2);
  return [axes](const Tensors& inputs) -> Tensors { return {inputs[0].mean(axes, true)}; };
}

Run global_max_pool(const Site& site) {
  return over_planes(site, [](const at::Tensor& x) { return std::get<0>(x.max(2)); });
}

Run global_lp_pool(const Site& site) {
  return over_planes(site, [p = site.attributes().get_int("p", 2)](const at::Tensor& x) { return at::norm(x, p, {2}); });
}

Run max_unpool(const Site& site) { return lower_move(site); }

}  // namespace

std::vector<Rule> pool_rules() {
  return {
      {"MaxPool", max_pool},
      {"AveragePool", average_pool},
      {"LpPool", lp_pool, Width::kFloat32},
      {"GlobalAveragePool", global_average_pool},
      {"GlobalMaxPool", global_max_pool},
      {"GlobalLpPool", global_lp_pool, Width::kFloat32},
      {"MaxUnpool", max_unpool, Width::kAny},
  };
}

}  // namespace phosphene::aten

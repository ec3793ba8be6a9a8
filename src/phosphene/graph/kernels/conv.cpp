// Conv and ConvTranspose: one relation between three arrays, read in three directions.
//
//     X [n, g C, I]   the side that the window slides over
//     Y [n, g M, O]   the side with one number a window position
//     W [g M, C, K]
//     i = o * stride + k * dilation - pad          for every axis, taps outside X left out
//
//     gather   Y[n, m, o] += W[m, c, k] X[n, c, i]       Conv forward,       ConvTranspose dL/d(input)
//     scatter  X[n, c, i] += W[m, c, k] Y[n, m, o]       Conv dL/d(input),   ConvTranspose forward
//     weigh    W[m, c, k] += X[n, c, i] Y[n, m, o]       dL/d(weight) of both
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

struct Relation {
  int64_t batch, groups, x_channels, y_channels;  // channels of one group
  Spatial x, y;
  Window3 window;

  Relation(const Shape& x_shape, const Shape& w_shape, const Shape& y_shape, const Window& w)
      : batch(x_shape[0]),
        groups(x_shape[1] / w_shape[1]),
        x_channels(w_shape[1]),
        y_channels(w_shape[0] / groups),
        x(spatial(x_shape)),
        y(spatial(y_shape)),
        window(w) {}

  int64_t x_plane(int64_t n, int64_t g, int64_t c) const { return ((n * groups + g) * x_channels + c) * x[0] * x[1] * x[2]; }
  int64_t y_plane(int64_t n, int64_t g, int64_t m) const { return ((n * groups + g) * y_channels + m) * y[0] * y[1] * y[2]; }
  int64_t taps() const { return window.kernel[0] * window.kernel[1] * window.kernel[2]; }
  int64_t w_plane(int64_t g, int64_t m, int64_t c) const { return ((g * y_channels + m) * x_channels + c) * taps(); }

  // The positions o of one axis whose tap k lies inside X: [first, last).
  struct Range {
    int64_t first, last;
  };
  Range inside(size_t axis, int64_t k) const {
    const int64_t shift = k * window.dilations[axis] - window.pads_begin[axis], stride = window.strides[axis];
    const int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const int64_t room = x[axis] - shift;  // o * stride < room
    const int64_t last = room <= 0 ? 0 : std::min(y[axis], (room + stride - 1) / stride);
    return {first, std::max(first, last)};
  }
  int64_t x_at(size_t axis, int64_t o, int64_t k) const {
    return o * window.strides[axis] + k * window.dilations[axis] - window.pads_begin[axis];
  }

  // Calls visit(tap, x_first, y_first, count): `count` neighbours along the width, X in steps of the stride, Y in steps of one.
  template <typename Visit>
  void for_each_row(Visit visit) const {
    int64_t tap = 0;
    for (int64_t kd = 0; kd < window.kernel[0]; ++kd)
      for (int64_t kh = 0; kh < window.kernel[1]; ++kh)
        for (int64_t kw = 0; kw < window.kernel[2]; ++kw, ++tap) {
          const Range depth = inside(0, kd), height = inside(1, kh), width = inside(2, kw);
          if (width.first == width.last) continue;
          for (int64_t od = depth.first; od < depth.last; ++od)
            for (int64_t oh = height.first; oh < height.last; ++oh)
              visit(tap, (x_at(0, od, kd) * x[1] + x_at(1, oh, kh)) * x[2] + x_at(2, width.first, kw),
                    (od * y[1] + oh) * y[2] + width.first, width.last - width.first);
        }
  }
};

void gather(const Relation& r, const double* x, const double* w, double* y) {
  const int64_t stride = r.window.strides[2];
#pragma omp parallel for collapse(3) schedule(static)
  for (int64_t n = 0; n < r.batch; ++n)
    for (int64_t g = 0; g < r.groups; ++g)
      for (int64_t m = 0; m < r.y_channels; ++m)
        for (int64_t c = 0; c < r.x_channels; ++c) {
          const double *xs = x + r.x_plane(n, g, c), *ws = w + r.w_plane(g, m, c);
          double* ys = y + r.y_plane(n, g, m);
          r.for_each_row([&](int64_t tap, int64_t x_first, int64_t y_first, int64_t count) {
            const double weight = ws[tap];
            for (int64_t i = 0; i < count; ++i) ys[y_first + i] += weight * xs[x_first + i * stride];
          });
        }
}

void scatter(const Relation& r, const double* y, const double* w, double* x) {
  const int64_t stride = r.window.strides[2];
#pragma omp parallel for collapse(3) schedule(static)
  for (int64_t n = 0; n < r.batch; ++n)
    for (int64_t g = 0; g < r.groups; ++g)
      for (int64_t c = 0; c < r.x_channels; ++c)
        for (int64_t m = 0; m < r.y_channels; ++m) {
          const double *ys = y + r.y_plane(n, g, m), *ws = w + r.w_plane(g, m, c);
          double* xs = x + r.x_plane(n, g, c);
          r.for_each_row([&](int64_t tap, int64_t x_first, int64_t y_first, int64_t count) {
            const double weight = ws[tap];
            for (int64_t i = 0; i < count; ++i) xs[x_first + i * stride] += weight * ys[y_first + i];
          });
        }
}

void weigh(const Relation& r, const double* x, const double* y, double* w) {
  const int64_t stride = r.window.strides[2];
#pragma omp parallel for collapse(3) schedule(static)
  for (int64_t g = 0; g < r.groups; ++g)
    for (int64_t m = 0; m < r.y_channels; ++m)
      for (int64_t c = 0; c < r.x_channels; ++c)
        for (int64_t n = 0; n < r.batch; ++n) {
          const double *xs = x + r.x_plane(n, g, c), *ys = y + r.y_plane(n, g, m);
          double* ws = w + r.w_plane(g, m, c);
          r.for_each_row([&](int64_t tap, int64_t x_first, int64_t y_first, int64_t count) {
            double sum = 0;
            for (int64_t i = 0; i < count; ++i) sum += xs[x_first + i * stride] * ys[y_first + i];
            ws[tap] += sum;
          });
        }
}

void fill_bias(const Array* bias, Array& output) {
  const AxisView view(output.shape, 1);
  for (int64_t n = 0; n < view.outer; ++n)
    for (int64_t m = 0; m < view.extent; ++m)
      std::fill_n(output.values.begin() + (n * view.extent + m) * view.inner, view.inner,
                  bias ? bias->values[static_cast<size_t>(m)] : 0.0);
}

void add_bias_gradient(const Array& grad_output, Array* grad_bias) {
  if (!grad_bias) return;
  const AxisView view(grad_output.shape, 1);
  const double* dy = grad_output.values.data();
  for (int64_t n = 0; n < view.outer; ++n)
    for (int64_t m = 0; m < view.extent; ++m)
      for (int64_t i = 0; i < view.inner; ++i) grad_bias->values[static_cast<size_t>(m)] += *dy++;
}

std::vector<int64_t> kernel_of(const Array& weight) { return {weight.shape.begin() + 2, weight.shape.end()}; }

void conv_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array &x = *inputs[0], &w = *inputs[1];
  Array& y = *outputs[0];
  fill_bias(at(inputs, 2), y);
  gather(Relation(x.shape, w.shape, y.shape, sliding_window(node, x.shape, kernel_of(w))), x.values.data(), w.values.data(),
         y.values.data());
}

void conv_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  const Array &x = *inputs[0], &w = *inputs[1];
  const Array* dy = grad_outputs[0];
  if (!dy) return;
  const Relation relation(x.shape, w.shape, dy->shape, sliding_window(node, x.shape, kernel_of(w)));
  if (Array* dx = at(grad_inputs, 0)) scatter(relation, dy->values.data(), w.values.data(), dx->values.data());
  if (Array* dw = at(grad_inputs, 1)) weigh(relation, x.values.data(), dy->values.data(), dw->values.data());
  add_bias_gradient(*dy, at(grad_inputs, 2));
}

// The transposed convolution's input is the relation's Y, its output the relation's X.
void transpose_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array &x = *inputs[0], &w = *inputs[1];
  Array& y = *outputs[0];
  fill_bias(at(inputs, 2), y);
  scatter(Relation(y.shape, w.shape, x.shape, transposed_window(node, x.shape, kernel_of(w))), x.values.data(), w.values.data(),
          y.values.data());
}

void transpose_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                        const Arrays& grad_inputs) {
  const Array &x = *inputs[0], &w = *inputs[1];
  const Array* dy = grad_outputs[0];
  if (!dy) return;
  const Relation relation(dy->shape, w.shape, x.shape, transposed_window(node, x.shape, kernel_of(w)));
  if (Array* dx = at(grad_inputs, 0)) gather(relation, dy->values.data(), w.values.data(), dx->values.data());
  if (Array* dw = at(grad_inputs, 1)) weigh(relation, dy->values.data(), x.values.data(), dw->values.data());
  add_bias_gradient(*dy, at(grad_inputs, 2));
}

}  // namespace

std::vector<Kernel> conv_kernels() {
  return {
      {"Conv", conv_forward, conv_backward},
      {"ConvTranspose", transpose_forward, transpose_backward},
  };
}

}  // namespace phosphene::kernels

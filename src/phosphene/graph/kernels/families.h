// The families of kernels, one source file each, and what their loops share. Only kernels.cpp and the families include this.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/graph/kernels/kernels.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/broadcast.h"

namespace phosphene::kernels {

std::vector<Kernel> activation_kernels();
std::vector<Kernel> along_axis_kernels();
std::vector<Kernel> arrange_kernels();
std::vector<Kernel> binary_kernels();
std::vector<Kernel> conv_kernels();
std::vector<Kernel> einsum_kernels();
std::vector<Kernel> gather_kernels();
std::vector<Kernel> grid_sample_kernels();
std::vector<Kernel> join_kernels();
std::vector<Kernel> layer_norm_kernels();
std::vector<Kernel> linear_kernels();
std::vector<Kernel> mathematics_kernels();
std::vector<Kernel> normalize_kernels();
std::vector<Kernel> pool_kernels();
std::vector<Kernel> quantize_kernels();
std::vector<Kernel> reduce_kernels();
std::vector<Kernel> resize_kernels();
std::vector<Kernel> roi_align_kernels();
std::vector<Kernel> shape_kernels();

// The array at `index`, or null when it is absent.
template <typename Pointers>
auto at(const Pointers& arrays, size_t index) -> typename Pointers::value_type {
  return index < arrays.size() ? arrays[index] : nullptr;
}

// An array of integers (axes, pads ...); what does not fit, such as "to the end" spelled as the largest integer, is clamped to +-2^53.
std::vector<int64_t> integers(const Array& array);
// Integers of the attribute, or of the input at `index` where newer opsets put them; `fallback` when neither is there.
std::vector<int64_t> integers(const Node& node, const char* attribute, const ConstArrays& inputs, size_t index,
                              const std::vector<int64_t>& fallback = {});

// A shape seen around one axis or a run of axes: [outer, extent, inner].
struct AxisView {
  int64_t outer, extent, inner;
  AxisView(const Shape& shape, int64_t axis) : AxisView(shape, normal_axis(axis, shape.rank()), normal_axis(axis, shape.rank()) + 1) {}
  AxisView(const Shape& shape, int first, int last)
      : outer(shape.size(0, first)), extent(shape.size(first, last)), inner(shape.size(last, shape.rank())) {}
};

// Calls visit(index(k), number of the line) for every line along the axis; index(k) is the flat position of its element k.
template <typename Visit>
void for_each_line(const AxisView& view, Visit visit) {
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner)
      visit([=](int64_t k) { return static_cast<size_t>((outer * view.extent + k) * view.inner + inner); },
            static_cast<size_t>(outer * view.inner + inner));
}

// Keys' cubic kernel at a distance, and its derivative (Keys 1981, "Cubic convolution interpolation for digital image processing").
struct Cubic {
  double value, slope;
};
Cubic keys(double distance, double a);

// Steps through all positions of a shape, row-major. For a shape without elements, done() at once.
class Odometer {
 public:
  explicit Odometer(const Shape& shape) : extents_(shape.dims()), position_(extents_.size(), 0), left_(shape.size()) {}
  bool done() const { return left_ == 0; }
  void step() {
    --left_;
    for (size_t axis = extents_.size(); axis-- > 0;) {
      if (++position_[axis] < extents_[axis]) return;
      position_[axis] = 0;
    }
  }
  int64_t operator[](size_t axis) const { return position_[axis]; }

 private:
  std::vector<int64_t> extents_, position_;
  int64_t left_;
};

// Spatial extents as exactly three axes [depth, height, width], the missing ones in front being `fill`.
using Spatial = std::array<int64_t, 3>;
Spatial spatial(const std::vector<int64_t>& extents, int64_t fill);
// Of a tensor [n, c, spatial...].
Spatial spatial(const Shape& shape);

// A sliding window with three axes.
struct Window3 {
  Spatial kernel, strides, dilations, pads_begin, pads_end;
  explicit Window3(const Window& window);
};

}  // namespace phosphene::kernels

// RoiAlign (He et al. 2017, arXiv 1703.06870): every bin of a region takes the mean (avg) or the maximum (max) of bilinear samples on a
// regular grid inside it. x [n, c, h, w], rois [r, 4] as (x1, y1, x2, y2), batch_indices [r] -> [r, c, output_height, output_width].
//
//     sampling_ratio 0: as many samples along an axis as a bin has pixels, rounded up
//     coordinate_transformation_mode half_pixel: pixel centres lie at whole coordinates; output_half_pixel: half a pixel further, and a
//     region has at least one pixel
//     max: the greatest weighted tap, as the specification's models have it
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

struct RoiTap {
  size_t index;
  double weight;
};

// The four pixels around (y, x), none when it lies more than a pixel outside.
std::vector<RoiTap> bilinear(double y, double x, int64_t height, int64_t width) {
  if (y < -1 || y > static_cast<double>(height) || x < -1 || x > static_cast<double>(width)) return {};
  const auto along = [](double at, int64_t extent) {
    const double inside = std::clamp(at, 0.0, static_cast<double>(extent - 1));
    const auto low = static_cast<int64_t>(inside);
    return std::array<std::pair<int64_t, double>, 2>{
        {{low, 1 - (inside - static_cast<double>(low))}, {std::min(low + 1, extent - 1), inside - static_cast<double>(low)}}};
  };
  std::vector<RoiTap> taps;
  for (const auto& [row, row_weight] : along(y, height))
    for (const auto& [column, column_weight] : along(x, width))
      taps.push_back({static_cast<size_t>(row * width + column), row_weight * column_weight});
  return taps;
}

// Calls visit(element of y, first element of the plane of x, taps of all samples of the bin, number of samples).
template <typename Visit>
void for_each_bin(const Node& node, const ConstArrays& inputs, const Shape& y, Visit visit) {
  const Shape& x = inputs[0]->shape;
  const int64_t channels = x[1], height = x[2], width = x[3], rows = y[2], columns = y[3];
  const double scale = node.attributes.get_float("spatial_scale", 1);
  const int64_t ratio = node.attributes.get_int("sampling_ratio", 0);
  const bool half = node.attributes.get_string("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const auto batch = integers(*inputs[2]);
  for (int64_t r = 0; r < y[0]; ++r) {
    const double* roi = inputs[1]->values.data() + r * 4;
    const double shift = half ? 0.5 : 0, left = roi[0] * scale - shift, top = roi[1] * scale - shift;
    double wide = roi[2] * scale - shift - left, high = roi[3] * scale - shift - top;
    if (!half) {
      wide = std::max(wide, 1.0);
      high = std::max(high, 1.0);
    }
    const double bin_height = high / static_cast<double>(rows), bin_width = wide / static_cast<double>(columns);
    const auto samples = [&](double bin) { return ratio > 0 ? ratio : std::max<int64_t>(1, std::llround(std::ceil(bin))); };
    const int64_t down = samples(bin_height), across = samples(bin_width);
    if (batch[static_cast<size_t>(r)] < 0 || batch[static_cast<size_t>(r)] >= x[0])
      throw Error(fmt::format("batch index {} of {}", batch[static_cast<size_t>(r)], x[0]));
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        std::vector<RoiTap> taps;
        for (int64_t i = 0; i < down; ++i)
          for (int64_t j = 0; j < across; ++j) {
            const double at_y = top + (static_cast<double>(row) + (static_cast<double>(i) + 0.5) / static_cast<double>(down)) * bin_height;
            const double at_x =
                left + (static_cast<double>(column) + (static_cast<double>(j) + 0.5) / static_cast<double>(across)) * bin_width;
            for (const RoiTap& tap : bilinear(at_y, at_x, height, width)) taps.push_back(tap);
          }
        for (int64_t c = 0; c < channels; ++c)
          visit(static_cast<size_t>(((r * channels + c) * rows + row) * columns + column),
                static_cast<size_t>((batch[static_cast<size_t>(r)] * channels + c) * height * width), taps,
                static_cast<double>(down * across));
      }
  }
}

bool takes_maximum(const Node& node) { return node.attributes.get_string("mode", "avg") == "max"; }

const RoiTap* greatest(const std::vector<RoiTap>& taps, const double* plane) {
  const RoiTap* best = nullptr;
  for (const RoiTap& tap : taps)
    if (!best || tap.weight * plane[tap.index] > best->weight * plane[best->index]) best = &tap;
  return best;
}

void roi_align_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  for_each_bin(node, inputs, outputs[0]->shape, [&](size_t to, size_t start, const std::vector<RoiTap>& taps, double count) {
    const double* plane = inputs[0]->values.data() + start;
    double result = 0;
    if (takes_maximum(node)) {
      if (const RoiTap* best = greatest(taps, plane)) result = best->weight * plane[best->index];
    } else {
      for (const RoiTap& tap : taps) result += tap.weight * plane[tap.index] / count;
    }
    outputs[0]->values[to] = result;
  });
}

void roi_align_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                        const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  if (at(grad_inputs, 1)) throw Error("gradients of the regions of RoiAlign", "fix its regions");
  if (!grad_inputs[0]) return;
  for_each_bin(node, inputs, outputs[0]->shape, [&](size_t to, size_t start, const std::vector<RoiTap>& taps, double count) {
    double* plane = grad_inputs[0]->values.data() + start;
    const double dy = grad_outputs[0]->values[to];
    if (takes_maximum(node)) {
      if (const RoiTap* best = greatest(taps, inputs[0]->values.data() + start)) plane[best->index] += best->weight * dy;
    } else {
      for (const RoiTap& tap : taps) plane[tap.index] += tap.weight * dy / count;
    }
  });
}

}  // namespace

std::vector<Kernel> roi_align_kernels() { return {{"RoiAlign", roi_align_forward, roi_align_backward}}; }

}  // namespace phosphene::kernels

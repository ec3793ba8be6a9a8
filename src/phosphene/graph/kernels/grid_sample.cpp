// GridSample (Jaderberg et al. 2015, arXiv 1506.02025): y[n, c, p] = sum_ij wy_i wx_j x[n, c, i, j] around the place that grid[n, p] names,
// (u, v) in [-1, 1] for (column, row).
//
//     align_corners  -1 and 1 are the centres of the outermost pixels, else the picture's edges
//     mode           nearest (halves to even), bilinear, bicubic (Keys' kernel, a = -0.75)
//     padding_mode   what lies outside: zeros, border (the nearest pixel), reflection (mirrored at the edge or the outermost centre)
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

struct Options {
  std::string mode, padding;
  bool aligned;
  explicit Options(const Node& node)
      : mode(node.attributes.get_string("mode", "bilinear")),
        padding(node.attributes.get_string("padding_mode", "zeros")),
        aligned(node.attributes.get_int("align_corners", 0) != 0) {}
};

// A number and its derivative by the grid's coordinate.
struct Dual {
  double value, slope;
};

struct GridTap {
  int64_t index;  // -1: outside, where x is zero
  double weight, slope;
};

Dual reflected(Dual at, double low, double high) {
  if (high <= low) return {low, 0};
  const double period = 2 * (high - low), offset = std::fmod(std::fmod(at.value - low, period) + period, period);
  return offset <= high - low ? Dual{low + offset, at.slope} : Dual{low + period - offset, -at.slope};
}

// The pixel coordinate of a grid coordinate.
Dual pixel(const Options& options, double u, int64_t extent) {
  const auto n = static_cast<double>(extent);
  Dual at = options.aligned ? Dual{(u + 1) / 2 * (n - 1), (n - 1) / 2} : Dual{((u + 1) * n - 1) / 2, n / 2};
  if (options.mode == "bicubic") return at;  // pads its taps
  if (options.padding == "reflection") at = options.aligned ? reflected(at, 0, n - 1) : reflected(at, -0.5, n - 0.5);
  if (options.padding != "zeros" && (at.value < 0 || at.value > n - 1)) at = {std::clamp(at.value, 0.0, n - 1), 0};
  return at;
}

int64_t padded(const Options& options, int64_t index, int64_t extent) {
  if (index >= 0 && index < extent) return index;
  if (options.padding == "zeros") return -1;
  auto place = static_cast<double>(index);
  const auto n = static_cast<double>(extent);
  if (options.padding == "reflection")
    place = options.aligned ? reflected({place, 1}, 0, n - 1).value : reflected({place, 1}, -0.5, n - 0.5).value;
  return std::clamp<int64_t>(std::llround(place), 0, extent - 1);
}

std::vector<GridTap> taps(const Options& options, double u, int64_t extent) {
  const Dual at = pixel(options, u, extent);
  const double base = std::floor(at.value), fraction = at.value - base;
  const auto first = static_cast<int64_t>(std::clamp(base, -1e9, 1e9));
  if (options.mode == "nearest") return {{padded(options, static_cast<int64_t>(std::nearbyint(at.value)), extent), 1, 0}};
  if (options.mode == "bicubic") {
    std::vector<GridTap> result;
    for (int64_t t = -1; t <= 2; ++t) {
      const Cubic k = keys(fraction - static_cast<double>(t), -0.75);
      result.push_back({padded(options, first + t, extent), k.value, k.slope * at.slope});
    }
    return result;
  }
  return {{padded(options, first, extent), 1 - fraction, -at.slope}, {padded(options, first + 1, extent), fraction, at.slope}};
}

// Calls visit(element of y, element of x, weight, weight's derivative by u, by v, element of grid) for every pair of taps inside.
template <typename Visit>
void for_each_pair(const Node& node, const Array& x, const Array& grid, Visit visit) {
  const Options options(node);
  const int64_t batch = x.shape[0], channels = x.shape[1], height = x.shape[2], width = x.shape[3];
  const int64_t places = grid.shape[1] * grid.shape[2];
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t p = 0; p < places; ++p) {
      const auto g = static_cast<size_t>((n * places + p) * 2);
      const auto columns = taps(options, grid.values[g], width), rows = taps(options, grid.values[g + 1], height);
      for (const GridTap& row : rows)
        for (const GridTap& column : columns) {
          if (row.index < 0 || column.index < 0) continue;
          for (int64_t c = 0; c < channels; ++c)
            visit(static_cast<size_t>((n * channels + c) * places + p),
                  static_cast<size_t>(((n * channels + c) * height + row.index) * width + column.index), row.weight * column.weight,
                  row.weight * column.slope, row.slope * column.weight, g);
        }
    }
}

void grid_sample_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  auto& y = outputs[0]->values;
  std::fill(y.begin(), y.end(), 0.0);
  for_each_pair(node, *inputs[0], *inputs[1],
                [&](size_t to, size_t from, double weight, double, double, size_t) { y[to] += weight * inputs[0]->values[from]; });
}

void grid_sample_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                          const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  Array *dx = at(grad_inputs, 0), *dgrid = at(grad_inputs, 1);
  const auto& dy = grad_outputs[0]->values;
  for_each_pair(node, *inputs[0], *inputs[1], [&](size_t to, size_t from, double weight, double by_u, double by_v, size_t g) {
    if (dx) dx->values[from] += weight * dy[to];
    if (!dgrid) return;
    dgrid->values[g] += by_u * inputs[0]->values[from] * dy[to];
    dgrid->values[g + 1] += by_v * inputs[0]->values[from] * dy[to];
  });
}

}  // namespace

std::vector<Kernel> grid_sample_kernels() { return {{"GridSample", grid_sample_forward, grid_sample_backward}}; }

}  // namespace phosphene::kernels

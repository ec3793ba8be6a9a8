// TopK of the one highest number of each channel and its place: y[n, c] = max over s of x[n, c, s], and the first s that has it.
//
// x is mostly a view that merges the pixels of a convolution's result: the walk goes over that result as it lies, and nothing is laid out.
#include <algorithm>

#include "phosphene/engine/onednn/channel_layout.h"
#include "phosphene/engine/onednn/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::onednn {

namespace {

constexpr int64_t kWidth = 16;

// Of kLanes channels that lie side by side; `lanes` of them are there. Maxima of runs of pixels are quick; only the run that holds the
// highest is searched for its place.
template <int64_t kLanes>
void highest_of_lanes(const float* x, const ChannelLayout& c, int64_t lanes, float* highest, float* place) {
  constexpr int64_t kRun = 16;
  float best[kLanes], run[kLanes] = {};
  std::copy_n(x, kLanes, best);
  for (int64_t first = 0; first < c.pixels; first += kRun) {
    float here[kLanes];
    std::copy_n(x + first * c.pixel, kLanes, here);
    for (int64_t s = first + 1; s < std::min(first + kRun, c.pixels); ++s)
      for (int64_t k = 0; k < kLanes; ++k) here[k] = x[s * c.pixel + k] > here[k] ? x[s * c.pixel + k] : here[k];
    for (int64_t k = 0; k < kLanes; ++k) {
      run[k] = here[k] > best[k] ? static_cast<float>(first) : run[k];
      best[k] = here[k] > best[k] ? here[k] : best[k];
    }
  }
  for (int64_t k = 0; k < lanes; ++k) {
    auto s = static_cast<int64_t>(run[k]);
    for (const int64_t end = std::min(s + kRun, c.pixels) - 1; s < end && x[s * c.pixel + k] != best[k];) ++s;
    highest[k] = best[k];
    place[k] = static_cast<float>(s);
  }
}

// Of one channel.
void highest_of_plane(const float* x, const ChannelLayout& c, float& highest, float& place) {
  float best[kWidth];
  std::fill_n(best, kWidth, x[0]);
  int64_t s = 0;
  if (c.pixel == 1)
    for (; s + kWidth <= c.pixels; s += kWidth)
      for (int64_t k = 0; k < kWidth; ++k) best[k] = x[s + k] > best[k] ? x[s + k] : best[k];
  highest = *std::max_element(best, best + kWidth);
  for (; s < c.pixels; ++s) highest = std::max(highest, x[s * c.pixel]);
  for (s = 0; s + 1 < c.pixels && x[s * c.pixel] != highest;) ++s;
  place = static_cast<float>(s);
}

void find_highest(const float* x, const ChannelLayout& c, float* highest, float* place) {
  const int64_t groups = (c.channels + c.block - 1) / c.block;
#pragma omp parallel for collapse(2) schedule(static)
  for (int64_t n = 0; n < c.rows; ++n)
    for (int64_t g = 0; g < groups; ++g) {
      const float* at = x + n * c.row + g * c.group;
      const int64_t first = n * c.channels + g * c.block, lanes = std::min(c.block, c.channels - g * c.block);
      if (c.block == 16 && (lanes == 16 || c.pixel == 16))
        highest_of_lanes<16>(at, c, lanes, highest + first, place + first);
      else if (c.block == 8)
        highest_of_lanes<8>(at, c, lanes, highest + first, place + first);
      else
        for (int64_t k = 0; k < lanes; ++k) highest_of_plane(at + k, c, highest[first + k], place[first + k]);
    }
}

// The value of which x is the plain array with the axes from the third on merged; else x.
std::string unmerged(const Lowering& l, const std::string& x) {
  const View view = l.view_of(x);
  const Shape to = l.shape(x), from = l.shape(view.root);
  const bool merges = from.rank() >= 3 && from[0] == to[0] && from[1] == to[1] && from.size() == to.size() && is_in_order(view);
  return merges ? view.root : x;
}

}  // namespace

Backward lower_top(Lowering& l, const Node& node) {
  const Shape shape = l.shape(node.inputs[0]);
  const TensorPtr count = l.graph.constant(node.inputs[1]);
  require(count && count->ints()[0] == 1 && node.attributes.get_int("largest", 1) != 0);
  require(shape.rank() == 3 && shape.size() > 0 && normal_axis(node.attributes.get_int("axis", -1), 3) == 2);
  require(l.graph.type_of(node.inputs[0]).type == DataType::kFloat32 && !l.wants(node.inputs[0]));
  const std::string x = unmerged(l, node.inputs[0]);
  Mem from = l.value(x);
  auto layout = channel_layout(from.desc);
  if (!layout || layout->block > kWidth || kind_of(from.desc) != DataKind::f32) {
    from = l.value(x, Lowering::plain(Lowering::dims(l.shape(x))));
    layout = channel_layout(from.desc);
  }
  require(layout.has_value());
  const Desc row = Lowering::plain({shape[0], shape[1], 1});
  const Mem highest = l.plan.allocate(row), place = l.plan.allocate(row);
  Plan& plan = l.plan;
  plan.add_body(node.name, "loop:highest", {{0, from}, {1, highest}, {2, place}}, [&plan, from, highest, place, c = *layout] {
    find_highest(static_cast<const float*>(plan.data(from)), c, static_cast<float*>(plan.data(highest)),
                 static_cast<float*>(plan.data(place)));
  });
  if (node.has_output(0)) l.define(node.outputs[0], highest);
  if (node.has_output(1)) l.define(node.outputs[1], place);
  return nullptr;
}

}  // namespace phosphene::onednn

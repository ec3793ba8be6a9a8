// place(i_0, ..., i_r) = offset + sum over the axes a of all i_k of digit_a stride_a. A view never reaches a number twice: it begins as a
// whole array, and what is made of it keeps to that.
#include "phosphene/engine/onednn/view.h"

#include <algorithm>
#include <numeric>

namespace phosphene::onednn {

namespace {

using Axes = std::vector<ViewAxis>;

// Without axes of one index, and neighbours that go on from each other as one.
Axes merged(const Axes& axes) {
  Axes out;
  for (const ViewAxis& axis : axes) {
    if (axis.extent == 1) continue;
    if (!out.empty() && out.back().stride == axis.extent * axis.stride)
      out.back() = {out.back().extent * axis.extent, axis.stride};
    else
      out.push_back(axis);
  }
  return out;
}

Axes flat(const View& view) {
  Axes all;
  for (const Axes& axes : view.axes) all.insert(all.end(), axes.begin(), axes.end());
  return merged(all);
}

// Flat, with an axis of single steps, which an offset may need.
Axes stepped(const View& view) {
  Axes axes = flat(view);
  if (std::none_of(axes.begin(), axes.end(), [](const ViewAxis& axis) { return axis.stride == 1; })) axes.push_back({1, 1});
  return axes;
}

// The offset is told as the place of a part in a larger array: in digits, by the strides from the longest to 1. Nothing where oneDNN would
// take the axes for ones that overlap.
std::optional<Desc> strided(const Axes& axes, int64_t offset, DataKind kind) {
  std::vector<size_t> order(axes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return axes[a].stride > axes[b].stride; });
  Dims dims(axes.size()), strides(axes.size()), part(axes.size()), at(axes.size());
  int64_t room = 0;  // the stride before
  for (const size_t axis : order) {
    at[axis] = offset / axes[axis].stride;
    offset %= axes[axis].stride;
    part[axis] = axes[axis].extent;
    strides[axis] = axes[axis].stride;
    dims[axis] = at[axis] + part[axis];
    if (room > 0 && dims[axis] * strides[axis] > room) return std::nullopt;
    room = strides[axis];
  }
  if (axes.size() > DNNL_MAX_NDIMS) return std::nullopt;
  return Desc(dims, kind, strides).submemory_desc(part, at);
}

}  // namespace

View whole_view(const std::string& root, const Dims& dims) {
  View view{root, std::vector<Axes>(dims.size()), 0};
  int64_t stride = 1;
  for (size_t axis = dims.size(); axis-- > 0; stride *= dims[axis]) view.axes[axis] = merged({{dims[axis], stride}});
  return view;
}

Dims dims_of(const View& view) {
  Dims dims;
  for (const Axes& axes : view.axes)
    dims.push_back(std::accumulate(axes.begin(), axes.end(), int64_t{1}, [](int64_t n, const ViewAxis& axis) { return n * axis.extent; }));
  return dims;
}

View permuted(const View& view, const std::vector<int>& order) {
  View out = view;
  for (size_t axis = 0; axis < order.size(); ++axis) out.axes[axis] = view.axes[static_cast<size_t>(order[axis])];
  return out;
}

std::optional<View> part_of(const View& view, const ViewPart& part) {
  View out = view;
  Axes& axes = out.axes[static_cast<size_t>(part.axis)];
  if (axes.empty()) return out;  // its one index
  if (part.start == 0 && part.step == 1 && part.count == dims_of(view)[static_cast<size_t>(part.axis)]) return out;
  if (axes.size() > 1) return std::nullopt;
  out.offset += part.start * axes[0].stride;
  axes = merged({{part.count, part.step * axes[0].stride}});
  return out;
}

std::optional<View> reshaped(const View& view, const Dims& dims) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return std::nullopt;
  View out{view.root, {}, view.offset};
  Axes rest = flat(view);
  std::reverse(rest.begin(), rest.end());
  for (const int64_t extent : dims) {
    Axes axes;
    for (int64_t wanted = extent; wanted > 1;) {
      const ViewAxis next = rest.back();
      rest.pop_back();
      const int64_t taken = std::min(wanted, next.extent), left = next.extent / taken;
      if (wanted % taken != 0 || next.extent % taken != 0) return std::nullopt;
      if (left > 1) rest.push_back({left, next.stride});
      axes.push_back({taken, next.stride * left});
      wanted /= taken;
    }
    out.axes.push_back(merged(axes));
  }
  return out;
}

bool is_in_order(const View& view) {
  const Axes axes = flat(view);
  return view.offset == 0 && (axes.empty() || (axes.size() == 1 && axes[0].stride == 1));
}

bool is_describable(const View& view) { return strided(stepped(view), view.offset, DataKind::f32).has_value(); }

Copy copy_of(const View& view, DataKind there, DataKind here) {
  Axes axes = stepped(view);
  const Desc from = strided(axes, view.offset, there).value();
  int64_t stride = 1;
  for (size_t axis = axes.size(); axis-- > 0; stride *= axes[axis].extent) axes[axis].stride = stride;
  return {from, strided(axes, 0, here).value()};
}

bool overlap(const View& a, const View& b) {
  struct Side {
    Axes axes;  // by strides, the longest first
    int64_t offset;
    int64_t end() const {
      return std::accumulate(axes.begin(), axes.end(), offset + 1,
                             [](int64_t sum, const ViewAxis& axis) { return sum + (axis.extent - 1) * axis.stride; });
    }
  };
  Side sides[] = {{flat(a), a.offset}, {flat(b), b.offset}};
  for (Side& side : sides) {
    std::sort(side.axes.begin(), side.axes.end(), [](const ViewAxis& p, const ViewAxis& q) { return p.stride > q.stride; });
    side.axes = merged(side.axes);
    if (side.axes.empty() || side.axes.back().stride != 1) side.axes.push_back({1, 1});
  }
  auto& [p, q] = sides;
  // Where both repeat the same numbers at the same steps, one of these tells.
  while (p.axes.size() > 1 && q.axes.size() > 1 && p.axes[0] == q.axes[0]) {
    Side one = p, other = q;
    one.axes.erase(one.axes.begin());
    other.axes.erase(other.axes.begin());
    if (std::max(one.end(), other.end()) > p.axes[0].stride) break;
    p = one;
    q = other;
  }
  // In runs of `unit` numbers, of which a view has all or none.
  int64_t unit = std::gcd(p.offset, q.offset);
  for (const Side& side : sides)
    for (const ViewAxis& axis : side.axes) unit = std::gcd(unit, axis.stride == 1 ? axis.extent : axis.stride);
  std::vector<bool> taken(static_cast<size_t>(std::max(p.end(), q.end()) / unit), false);
  for (Side& side : sides) {
    side.axes.back() = {side.axes.back().extent / unit, unit};
    std::vector<int64_t> places{side.offset};
    for (const ViewAxis& axis : side.axes) {
      std::vector<int64_t> more;
      for (const int64_t place : places)
        for (int64_t k = 0; k < axis.extent; ++k) more.push_back(place + k * axis.stride);
      places = std::move(more);
    }
    for (const int64_t place : places) {
      if (&side == &q && taken[static_cast<size_t>(place / unit)]) return true;
      taken[static_cast<size_t>(place / unit)] = true;
    }
  }
  return false;
}

}  // namespace phosphene::onednn

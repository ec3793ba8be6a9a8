// Views against the same moves of an array of its own places.
#include "phosphene/engine/onednn/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "engine/op_cases.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/onednn/plan.h"

namespace phosphene::test {

namespace {

using onednn::Dims;
using onednn::View;
using Places = std::vector<int64_t>;

int64_t size_of(const Dims& dims) { return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>()); }

// Calls body(indices) in the order of a plain array.
template <typename Body>
void for_indices(const Dims& dims, const Body& body) {
  Dims at(dims.size(), 0);
  for (int64_t i = 0; i < size_of(dims); ++i) {
    body(at);
    for (size_t axis = dims.size(); axis-- > 0 && ++at[axis] == dims[axis];) at[axis] = 0;
  }
}

int64_t plain_place(const Dims& dims, const Dims& at) {
  int64_t place = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) place = place * dims[axis] + at[axis];
  return place;
}

Places places_of(const View& view) {
  Places places;
  for_indices(dims_of(view), [&](const Dims& at) {
    int64_t place = view.offset;
    for (size_t axis = 0; axis < at.size(); ++axis) {
      int64_t rest = at[axis];
      for (auto digit = view.axes[axis].rbegin(); digit != view.axes[axis].rend(); ++digit) {
        place += rest % digit->extent * digit->stride;
        rest /= digit->extent;
      }
    }
    places.push_back(place);
  });
  return places;
}

// One random move of the view and of the places that it should have; false where the view cannot tell it.
bool move(Rng& rng, View& view, Places& places) {
  const Dims dims = dims_of(view);
  const auto rank = static_cast<int64_t>(dims.size());
  Places moved;
  switch (rng.below(3)) {
    case 0: {
      const auto order = rng.permutation(rank);
      const std::vector<int> axes(order.begin(), order.end());
      view = permuted(view, axes);
      for_indices(dims_of(view), [&](const Dims& at) {
        Dims from(at.size());
        for (size_t axis = 0; axis < at.size(); ++axis) from[static_cast<size_t>(axes[axis])] = at[axis];
        moved.push_back(places[static_cast<size_t>(plain_place(dims, from))]);
      });
      break;
    }
    case 1: {
      const auto axis = static_cast<size_t>(rng.below(static_cast<uint64_t>(rank)));
      const auto start = static_cast<int64_t>(rng.below(static_cast<uint64_t>(dims[axis])));
      const int64_t step = 1 + static_cast<int64_t>(rng.below(2)), count = (dims[axis] - start + step - 1) / step;
      const auto part = part_of(view, {static_cast<int>(axis), start, count, step});
      if (!part) return false;
      view = *part;
      for_indices(dims_of(view), [&](const Dims& at) {
        Dims from = at;
        from[axis] = start + at[axis] * step;
        moved.push_back(places[static_cast<size_t>(plain_place(dims, from))]);
      });
      break;
    }
    default: {
      Dims to{size_of(dims)};
      for (const int64_t factor : {2, 3, 2})
        if (rng.below(2) && to.back() % factor == 0) {
          to.back() /= factor;
          to.push_back(factor);
        }
      const auto other = reshaped(view, to);
      if (!other) return false;
      view = *other;
      moved = places;
    }
  }
  places = moved;
  return true;
}

// A view of 288 numbers by up to `moves` moves, and its places.
std::pair<View, Places> random_view(Rng& rng, int moves) {
  View view = onednn::whole_view("root", {4, 6, 12});
  Places places(288);
  std::iota(places.begin(), places.end(), 0);
  for (int i = 0; i < moves; ++i) move(rng, view, places);
  return {view, places};
}

}  // namespace

TEST(View, SeesWhatTheMovesGive) {
  Rng rng(test_seed(), "views");
  for (int round = 0; round < 300; ++round) {
    const auto [view, places] = random_view(rng, 5);
    EXPECT_EQ(places_of(view), places) << round;
    Places in_order(places.size());
    std::iota(in_order.begin(), in_order.end(), 0);
    EXPECT_EQ(is_in_order(view), places == in_order) << round;
  }
}

TEST(View, IsCopiedByOneReorder) {
  Rng rng(test_seed(), "copies");
  onednn::Plan plan(1);
  std::vector<float> root(288), seen(288);
  std::iota(root.begin(), root.end(), 0.0f);
  dnnl::stream stream(plan.engine());
  int copies = 0;
  for (int round = 0; round < 100; ++round) {
    const auto [view, places] = random_view(rng, 4);
    if (!is_describable(view)) continue;
    ++copies;
    const auto copy = copy_of(view, onednn::DataKind::f32, onednn::DataKind::f32);
    dnnl::memory there(copy.there, plan.engine(), root.data()), here(copy.here, plan.engine(), seen.data());
    dnnl::reorder(there, here).execute(stream, there, here);
    stream.wait();
    EXPECT_TRUE(std::equal(places.begin(), places.end(), seen.begin(), [](int64_t place, float value) {
      return static_cast<float>(place) == value;
    })) << round;
  }
  EXPECT_GT(copies, 50);
}

TEST(View, KnowsWhatItSharesWithAnother) {
  Rng rng(test_seed(), "overlaps");
  int shared = 0;
  for (int round = 0; round < 300; ++round) {
    const auto [a, places_a] = random_view(rng, 6);
    const auto [b, places_b] = random_view(rng, 6);
    const std::set<int64_t> all(places_a.begin(), places_a.end());
    const bool share = std::any_of(places_b.begin(), places_b.end(), [&](int64_t place) { return all.contains(place); });
    EXPECT_EQ(overlap(a, b), share) << round;
    shared += share;
  }
  EXPECT_GT(shared, 10);
  EXPECT_LT(shared, 290);
}

}  // namespace phosphene::test

#include "phosphene/train/shift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/engines_here.h"
#include "phosphene/engine/program.h"

namespace phosphene {
namespace {

constexpr PictureExtent kExtent{.channels = 2, .height = 5, .width = 4};

std::vector<float> numbered() {
  std::vector<float> picture(static_cast<size_t>(kExtent.channels * kExtent.height * kExtent.width));
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i);
  return picture;
}

std::vector<float> moved_by(const Shift& shift, const std::vector<float>& picture) {
  std::vector<float> moved;
  for (int64_t c = 0; c < kExtent.channels; ++c)
    for (int64_t y = 0; y < kExtent.height; ++y)
      for (int64_t x = 0; x < kExtent.width; ++x) {
        const int64_t row = std::clamp<int64_t>(y - shift.down, 0, kExtent.height - 1),
                      column = std::clamp<int64_t>(x - shift.right, 0, kExtent.width - 1);
        moved.push_back(picture[static_cast<size_t>((c * kExtent.height + row) * kExtent.width + column)]);
      }
  return moved;
}

TEST(Shift, DrawsEveryPlaceWithinReach) {
  Rng rng(1, "shift");
  std::set<std::pair<int64_t, int64_t>> seen;
  for (int i = 0; i < 2000; ++i) {
    const Shift shift = draw_shift(rng, 2);
    seen.emplace(shift.down, shift.right);
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(seen.begin()->first, -2);
  EXPECT_EQ(seen.rbegin()->second, 2);
}

}  // namespace

class ShiftOn : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Engines, ShiftOn, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

// Each picture of a batch by its own matrices; the gradient goes back to where the values came from.
TEST_P(ShiftOn, MovesDownAndToTheRightAndRepeatsTheEdge) {
  const auto program = find_engine(GetParam())
                           .compile(shift_network(kExtent), {.batch = 2, .values = {"moved"}, .seeds = {"moved"}, .gradients = {"image"}});
  const std::vector<Shift> shifts{{1, -2}, {-9, 0}};
  const std::vector<float> picture = numbered();
  const auto image = program->input("image"), rows = program->input("rows"), columns = program->input("columns");
  for (size_t i = 0; i < 2; ++i) {
    std::ranges::copy(picture, image.begin() + static_cast<std::ptrdiff_t>(i * picture.size()));
    write_shift(shifts[i], kExtent, rows.subspan(i * 25, 25), columns.subspan(i * 16, 16));
  }
  program->forward();
  std::ranges::fill(program->seed("moved"), 1.0F);
  program->backward();
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<float> moved = moved_by(shifts[i], picture);
    EXPECT_TRUE(std::ranges::equal(moved, program->value("moved").subspan(i * moved.size(), moved.size())));
  }
  EXPECT_EQ(program->gradient("image")[0], 0);        // left the picture to the left
  EXPECT_EQ(program->gradient("image")[3], 6);        // the upper right corner: two rows of three
  EXPECT_EQ(program->gradient("image")[40 + 16], 5);  // the last row, to which the second picture was moved: five rows
}

}  // namespace phosphene

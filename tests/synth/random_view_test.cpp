#include "phosphene/synth/random_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/graph/passes.h"
#include "phosphene/synth/resampling.h"

namespace phosphene {
namespace {

TEST(RandomView, RowsAreWeightsAndTheLastStepSeesThePicture) {
  const RandomView view{"r", "c", "", "seen", 14, 28, {}, {}};
  std::vector<float> rows(14 * 14), columns(28 * 28), other(28 * 28);
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, {}});
  for (size_t i = 0; i < 28; ++i) {
    float sum = 0;
    for (size_t j = 0; j < 28; ++j) sum += columns[i * 28 + j];
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  draw_view(view, {.seed = 1, .step = 6}, {rows, other, {}});
  EXPECT_NE(columns, other);
  draw_view(view, {.seed = 1, .step = 5}, {rows, other, {}});
  EXPECT_EQ(columns, other);
  draw_view(view, {.seed = 1, .step = 5, .last = true}, {rows, columns, {}});
  for (size_t i = 0; i < 28; ++i)
    for (size_t j = 0; j < 28; ++j) EXPECT_EQ(columns[i * 28 + j], i == j ? 1 : 0);
}

// Twice the size: a box of half the side. Its rows, the places that the first and the last row of the view look at, are 1/2 apart each.
TEST(RandomView, AnEnlargedBoxLiesAnywhereInThePicture) {
  constexpr int64_t kSide = 40;
  const RandomView view{"r", "c", "", "seen", kSide, kSide, {.smallest = 2, .largest = 2, .shift = 0}, {}};
  std::vector<float> rows(kSide * kSide), columns(kSide * kSide);
  const auto place = [&](int64_t row) {
    double sum = 0;
    for (int64_t j = 0; j < kSide; ++j) sum += static_cast<double>(j) * rows[static_cast<size_t>(row * kSide + j)];
    return sum;
  };
  double lowest = kSide, highest = 0;
  for (int64_t step = 0; step < 200; ++step) {
    draw_view(view, {.seed = 1, .step = step}, {rows, columns, {}});
    EXPECT_NEAR(place(kSide - 1) - place(0), (kSide - 1) / 2.0, 0.3);  // a quarter of a row at most lies outside, and shows the nearest
    lowest = std::min(lowest, place(0));
    highest = std::max(highest, place(kSide - 1));
  }
  EXPECT_LT(lowest, 1);
  EXPECT_GT(highest, kSide - 2);
}

TEST(RandomView, NoiseHasItsDeviationAndEndsWithTheLastStep) {
  const RandomView view{"r", "c", "n", "seen", 16, 16, {.noise = 0.2}, {0.2f, 0.4f, 0.1f}};
  std::vector<float> rows(256), columns(256), noise(3 * 256), other(3 * 256);
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, noise});
  for (size_t c = 0; c < 3; ++c) {
    double square = 0;
    for (size_t i = c * 256; i < (c + 1) * 256; ++i) square += noise[i] * noise[i];
    EXPECT_NEAR(std::sqrt(square / 256), view.deviations[c], 0.18 * view.deviations[c]);  // four standard errors
  }
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, other});
  EXPECT_EQ(noise, other);
  draw_view(view, {.seed = 1, .step = 6}, {rows, columns, other});
  EXPECT_NE(noise, other);
  draw_view(view, {.seed = 1, .step = 5, .last = true}, {rows, columns, noise});
  for (float value : noise) EXPECT_EQ(value, 0);
}

Graph picture_graph(int64_t channels) {
  Graph graph;
  graph.inputs = {{"picture", {DataType::kFloat32, Shape{kUnknown, channels, 5, 6}}}};
  graph.nodes = {{"same", "Relu", {"picture"}, {"image"}, {}}};
  graph.outputs = {"image"};
  return infer_shapes(graph);
}

// 0.1 of half the range of pixels is 12.75 of 255.
TEST(RandomView, OneTextMeansTheSameNoiseInEveryPriorsValues) {
  const auto deviations = [](const Preprocess& preprocess) {
    Graph graph = picture_graph(preprocess.channels());
    return append_view(graph, "image", preprocess, parse_views("noise=0.1").value()).deviations;
  };
  EXPECT_EQ(deviations({}), std::vector<float>(3, 0.05f));
  EXPECT_EQ(deviations({.order = ColourOrder::kGrey, .mean = {0}, .deviation = {1}}), std::vector<float>(1, 0.05f));
  const auto bytes = deviations({.order = ColourOrder::kBgr, .scale = 1, .mean = {104, 117, 123}});
  ASSERT_EQ(bytes.size(), 3u);
  for (const float deviation : bytes) EXPECT_NEAR(deviation, 12.75f, 1e-5);
  const auto normalised = deviations({.mean = {0.5f, 0.4f, 0.3f}, .deviation = {0.5f, 0.25f, 0.2f}});
  ASSERT_EQ(normalised.size(), 3u);
  EXPECT_NEAR(normalised[0], 0.1f, 1e-6);
  EXPECT_NEAR(normalised[1], 0.2f, 1e-6);
  EXPECT_NEAR(normalised[2], 0.25f, 1e-6);
}

// A picture whose every colour is a slope: seen at twice the size from its centre, each place shows the slope's value there.
TEST(RandomView, TheGraphShowsThePictureAtThePlacesOfTheView) {
  Graph graph = picture_graph(3);
  const RandomView view = append_view(graph, "image", {}, {.smallest = 2, .largest = 2, .shift = 0});
  EXPECT_EQ(graph.outputs.back(), view.seen);
  EXPECT_EQ(graph.type_of(view.seen).shape, (Shape{kUnknown, 3, 5, 6}));
  const auto program = find_engine("reference").compile(graph, {.batch = 1, .values = {view.seen}});
  const auto slope = [](int64_t c, double y, double x) { return static_cast<float>(10 * (static_cast<double>(c) + 1) * (3 + y) + x); };
  const auto picture = program->input("picture");
  const auto at = [](int64_t c, int64_t y, int64_t x) { return static_cast<size_t>((c * 5 + y) * 6 + x); };
  const auto each = [](const auto& visit) {
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 0; y < 5; ++y)
        for (int64_t x = 0; x < 6; ++x) visit(c, y, x);
  };
  each([&](int64_t c, int64_t y, int64_t x) { picture[at(c, y, x)] = slope(c, static_cast<double>(y), static_cast<double>(x)); });
  const auto rows = program->input(view.rows), columns = program->input(view.columns);
  write_resampling(rows, 5, {.scale = 2, .shift = 0.5});
  write_resampling(columns, 6, {.scale = 2, .shift = -1});
  program->forward();
  each([&](int64_t c, int64_t y, int64_t x) {
    const double from_y = (static_cast<double>(y) - 2) / 2 + 2 + 0.5, from_x = (static_cast<double>(x) - 2.5) / 2 + 2.5 - 1;
    EXPECT_NEAR(program->value(view.seen)[at(c, y, x)], slope(c, from_y, from_x), 1e-4);
  });
}

}  // namespace
}  // namespace phosphene

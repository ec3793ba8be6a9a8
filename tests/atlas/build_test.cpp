#include "phosphene/atlas/build.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/atlas/atlas.h"
#include "phosphene/atlas/content.h"
#include "phosphene/atlas/diff.h"
#include "phosphene/atlas/merge.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/base/rng.h"
#include "run/small_run.h"

namespace phosphene {
namespace {

// The small network of the run's tests, its units, and 40 pictures of noise in two classes.
struct AtlasBuild : testing::Test, test::SmallRun {
  AtlasOptions options;

  void SetUp() override {
    recipe.seeds = {0, 3};
    recipe.layer.clear();
    options.recipe = recipe;
    options.layers = "fc,conv:1-2";
    options.data = (files / "photos").string();
    for (int i = 0; i < 40; ++i) {
      Image image = Image::blank(8, 8);
      Rng rng(5, "photo", static_cast<uint64_t>(i));
      for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(rng.below(256));
      const auto folder = files / "photos" / (i % 2 ? "a" : "zebra");
      std::filesystem::create_directories(folder);
      write_png(folder / fmt::format("{}.png", i), image);
    }
  }

  AtlasBuildReport build(const std::string& name, const AtlasPart& part = {}, const std::stop_token& stop = {},
                         AtlasBuildEvents events = {}) {
    return build_atlas(session, options, files / name, part, events, stop);
  }
  std::string hash(const std::string& name) { return content_hash(Atlas(files / name).database()); }
};

TEST_F(AtlasBuild, DrawsAndMeasuresEverything) {
  const AtlasBuildReport report = build("net.atlas");
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.drawn, 2 * (6 + 2));
  const Atlas atlas(files / "net.atlas");
  EXPECT_TRUE(atlas.progress().complete);
  const auto layers = atlas.layers();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].name, "conv");
  EXPECT_EQ(layers[0].planned, 4);
  EXPECT_EQ(layers[0].turn, 1);
  EXPECT_TRUE(layers[1].output && layers[1].labelled);
  ASSERT_EQ(atlas.edges().size(), 1u);
  EXPECT_FALSE(atlas.unit(0, 0)->seed);    // not drawn
  EXPECT_TRUE(atlas.unit(0, 0)->highest);  // but measured

  // The same pictures as a run of the library, pixel for pixel.
  recipe.layer = "fc";
  for (const PictureRecord& record : pictures()) {
    const auto webp = atlas.webp(1, record.terms[0].term.unit, static_cast<int64_t>(record.seed));
    ASSERT_TRUE(webp);
    EXPECT_EQ(decode_image(*webp).pixels, record.picture.pixels);
    const auto kept = atlas.activations(1, record.terms[0].term.unit, static_cast<int64_t>(record.seed));
    EXPECT_TRUE(std::ranges::equal(kept, record.activations, {}, {}, [](double a) { return static_cast<float>(a); }));
  }
}

// Against every activation, from a program of its own.
TEST_F(AtlasBuild, FiguresAgreeWithAllActivations) {
  build("net.atlas");
  const Atlas atlas(files / "net.atlas");
  const Model network = load_model(recipe.network);
  const Photos photos(options.data, 0, network);
  ASSERT_EQ(photos.count(), 40);
  EXPECT_EQ(photos.classes(), (std::vector<std::string>{"a", "zebra"}));
  const auto program = find_engine("reference").compile(network.graph, {.batch = 40, .values = {"conv", "fc"}});
  const auto input = program->input("data");
  for (int64_t i = 0; i < 40; ++i) network.preprocess.to_values(photos.read(i), input.subspan(static_cast<size_t>(i) * 192, 192));
  program->forward();
  const auto conv = program->value("conv");
  for (int64_t unit = 0; unit < 4; ++unit) {
    std::vector<std::pair<float, int64_t>> highest;
    double sum_a = 0;
    for (int64_t i = 0; i < 40; ++i) {
      const float* map = conv.data() + (i * 4 + unit) * 64;
      highest.emplace_back(*std::max_element(map, map + 64), i);
      if (photos.class_of(i) == 0) sum_a += highest.back().first;
    }
    std::ranges::sort(highest, std::greater{});
    const auto examples = atlas.examples(0, unit);
    for (size_t k = 0; k < 9; ++k) {
      EXPECT_TRUE(examples[k].top);
      EXPECT_EQ(examples[k].photo, highest[k].second);
      EXPECT_NEAR(examples[k].activation, highest[k].first, 1e-4);  // two engines
      const AtlasExample& example = examples[k];
      EXPECT_GE(example.crop_height, 2);  // a 3x3 filter, at a corner 2x2
      EXPECT_LE(example.crop_height, 3);
      EXPECT_LE(example.crop_y + example.crop_height, 8);
    }
    const auto classes = atlas.classes_of(0, unit);
    ASSERT_EQ(classes.size(), 2u);
    EXPECT_NEAR(classes[classes[0].id == 0 ? 0 : 1].mean, sum_a / 20, 1e-4);
    const auto distribution = atlas.distribution(0, unit);
    EXPECT_NEAR(distribution->highest, highest.front().first, 1e-4);
    EXPECT_NEAR(distribution->lowest, highest.back().first, 1e-4);
    uint32_t all = 0;
    for (const uint32_t bin : distribution->histogram) all += bin;
    EXPECT_EQ(all, 40u);
  }
  const auto fc = program->value("fc");
  for (const AtlasPicture& picture : atlas.pictures(1, 2)) {
    double lower = 0;
    for (int64_t i = 0; i < 40; ++i) lower += fc[static_cast<size_t>(i * 6 + 2)] < picture.activation;
    EXPECT_NEAR(*picture.percentile, lower / 40, 0.026);  // one picture in a bucket
    EXPECT_FALSE(picture.verdict.empty());
  }
  EXPECT_EQ(atlas.neighbours(0, 1).size(), 3u + 6u);
  EXPECT_EQ(atlas.photo(atlas.examples(0, 0).front().photo)->height, 8);
}

TEST_F(AtlasBuild, StoppedBuildsGoOnToTheSameContent) {
  build("whole.atlas");
  int stops = 0;
  for (bool complete = false; !complete; ++stops) {
    ASSERT_LT(stops, 100);
    std::stop_source stop;
    int events = 0;
    const AtlasBuildEvents after_some{[&](const AtlasProgressEvent&) {
      if (++events == 3 + 3 * stops) stop.request_stop();  // later every time, so that something is finished
    }};
    complete = build("stopped.atlas", {}, stop.get_token(), after_some).complete;
  }
  EXPECT_GT(stops, 3);
  EXPECT_EQ(hash("stopped.atlas"), hash("whole.atlas"));
  EXPECT_EQ(build("stopped.atlas").drawn, 0);
}

TEST_F(AtlasBuild, PartsMergeToTheSameContent) {
  build("whole.atlas");
  std::vector<std::filesystem::path> parts;
  for (int64_t i = 1; i <= 3; ++i) {
    parts.push_back(files / fmt::format("part-{}.atlas", i));
    EXPECT_FALSE(build(parts.back().filename().string(), {i, 3}).complete);
  }
  const MergeReport some = merge_atlases(std::vector{parts[2], parts[0]}, files / "merged.atlas");
  EXPECT_FALSE(some.whole);
  EXPECT_EQ(some.missing_parts, std::vector<int64_t>{2});
  const MergeReport all = merge_atlases(parts, files / "merged.atlas");
  EXPECT_TRUE(all.whole);
  EXPECT_EQ(all.pictures, 16);
  EXPECT_EQ(some.added + all.added, 16);
  EXPECT_TRUE(finish_atlas(session, files / "merged.atlas"));
  EXPECT_EQ(hash("merged.atlas"), hash("whole.atlas"));
  EXPECT_EQ(merge_atlases(parts, files / "merged.atlas").added, 0);  // once more changes nothing
  EXPECT_EQ(hash("merged.atlas"), hash("whole.atlas"));
}

TEST_F(AtlasBuild, WithoutPicturesLikenessIsThatOfCodes) {
  options.data.clear();
  EXPECT_TRUE(build("net.atlas").complete);
  const Atlas atlas(files / "net.atlas");
  EXPECT_EQ(atlas.unit(1, 0)->verdict, "unmeasured");
  EXPECT_EQ(atlas.neighbours(1, 0).size(), 5u + 2u);
}

// Real pictures, units, seeds and layers come later, one growth stopped half way: the content is that of one build.
TEST_F(AtlasBuild, AGrowingPlanGoesOn) {
  build("whole.atlas");
  const AtlasOptions whole = options;
  options.data.clear();
  options.layers = "conv:2";
  options.recipe.seeds = {3};
  EXPECT_EQ(build("growing.atlas").drawn, 1);
  options.data = whole.data;
  EXPECT_EQ(build("growing.atlas").drawn, 0);
  options.layers = "fc:2-3,conv:2";
  std::stop_source stop;
  const AtlasBuildEvents at_first{[&](const AtlasProgressEvent& event) {
    if (event.doing.starts_with("drawing")) stop.request_stop();
  }};
  EXPECT_FALSE(build("growing.atlas", {}, stop.get_token(), at_first).complete);
  EXPECT_EQ(Atlas(files / "growing.atlas").pictures(0, 2).size(), 1u);
  options = whole;
  const AtlasBuildReport report = build("growing.atlas");
  EXPECT_TRUE(report.complete);
  EXPECT_GE(report.known, 1);
  EXPECT_EQ(report.known + report.drawn, 16);
  EXPECT_EQ(hash("growing.atlas"), hash("whole.atlas"));
}

TEST_F(AtlasBuild, OtherPlansAreRefused) {
  build("net.atlas");
  recipe.steps = options.recipe.steps = 7;
  EXPECT_NE(error_of([&] { build("net.atlas"); }).find("steps is 6 there, 7 here"), std::string::npos);
  options.recipe.steps = 6;
  EXPECT_NE(error_of([&] { build("net.atlas", {1, 2}); }).find("the whole atlas, not part 1/2"), std::string::npos);
  const std::string before = hash("net.atlas");
  options.recipe.seeds = {0, 4};
  EXPECT_NE(error_of([&] { build("net.atlas"); }).find("unit 0 of layer fc with seed 3 is there, not here"), std::string::npos);
  options.recipe.seeds = {0, 3, 4};
  options.layers = "fc";
  EXPECT_NE(error_of([&] { build("net.atlas"); }).find("unit 1 of layer conv with seed 0 is there, not here"), std::string::npos);
  options.layers = "fc,conv";
  options.most_pictures = 20;
  EXPECT_NE(error_of([&] { build("net.atlas"); }).find("data is"), std::string::npos);
  EXPECT_EQ(hash("net.atlas"), before);
}

TEST_F(AtlasBuild, APartDoesNotGrow) {
  build("part.atlas", {1, 2});
  options.recipe.seeds = {0, 3, 4};
  EXPECT_NE(error_of([&] { build("part.atlas", {1, 2}); }).find("seeds is"), std::string::npos);
}

TEST_F(AtlasBuild, SettingsOfOneLayer) {
  options.settings = {"conv steps=3 rule=momentum beta=0.5 lr0=0.5"};
  const AtlasPlan plan = plan_atlas(session, options);
  EXPECT_EQ(plan.turns[0].recipe.layer, "fc");
  EXPECT_EQ(plan.turns[0].recipe.steps, 6);
  EXPECT_EQ(plan.turns[1].recipe.steps, 3);
  EXPECT_EQ(plan.turns[1].recipe.rule, "momentum beta=0.5");
  options.settings = {"conv seeds=1"};
  EXPECT_NE(error_of([&] { plan_atlas(session, options); }).find("no field"), std::string::npos);
  options.settings = {"relu steps=1"};
  EXPECT_NE(error_of([&] { plan_atlas(session, options); }).find("no unit of layer relu"), std::string::npos);
}

TEST_F(AtlasBuild, DiffOfANetworkWithItselfMatchesEveryUnit) {
  build("a.atlas");
  const Atlas a(files / "a.atlas");
  const AtlasDiff same = diff_atlases(a, a);
  ASSERT_EQ(same.layers.size(), 2u);
  for (const LayerDiff& layer : same.layers) {
    EXPECT_TRUE(layer.vanished.empty() && layer.appeared.empty());
    EXPECT_EQ(layer.same_number, static_cast<int64_t>(layer.matched.size()));
  }
  // Two output units change places, and one becomes random.
  Model other = load_model(recipe.network);
  Tensor weight = *other.graph.constant("w2");
  Rng rng(9, "other");
  for (int64_t row = 0; row < 64; ++row) {
    std::swap(weight.floats()[static_cast<size_t>(row * 6)], weight.floats()[static_cast<size_t>(row * 6 + 1)]);
    weight.floats()[static_cast<size_t>(row * 6 + 5)] = static_cast<float>(rng.normal());
  }
  other.graph.weights["w2"] = std::make_shared<const Tensor>(weight);
  save_model(files / "other.onnx", other, false);
  options.recipe.network = (files / "other.onnx").string();
  build("b.atlas");
  const AtlasDiff diff = diff_atlases(a, Atlas(files / "b.atlas"));
  const LayerDiff& fc = diff.layers[1];
  EXPECT_EQ(fc.same_number, 3);
  EXPECT_TRUE(std::ranges::any_of(fc.matched, [](const MatchedUnits& pair) { return pair.a == 0 && pair.b == 1; }));
  ASSERT_EQ(fc.vanished.size(), 1u);
  EXPECT_EQ(fc.vanished[0].unit, 5);
  EXPECT_EQ(fc.appeared.at(0).unit, 5);
}

}  // namespace
}  // namespace phosphene

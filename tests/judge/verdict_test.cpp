// A judge that is easy to see through: its features are the mean colours of a picture, its classes red, green and blue.
#include "phosphene/judge/verdict.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

Model colour_judge() {
  Model judge;
  judge.name = "colours";
  judge.preprocess.height = judge.preprocess.width = 4;
  Graph& g = judge.graph;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 4, 4}}}};
  g.outputs = {"logits"};
  g.add_weight("w", Tensor(Shape{3, 3}, std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  g.nodes = {{"pool", "GlobalAveragePool", {"data"}, {"pool"}, {}},
             {"flatten", "Flatten", {"pool"}, {"flat"}, {}},
             {"fc", "Gemm", {"flat", "w"}, {"logits"}, {}}};
  g = infer_shapes(g);
  judge.labels = {"red", "Green", "blue"};
  return judge;
}

Image plain(uint8_t r, uint8_t g, uint8_t b) {
  Image image = Image::blank(4, 4);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 4; ++x) image.at(y, x)[0] = r, image.at(y, x)[1] = g, image.at(y, x)[2] = b;
  return image;
}

struct Fixture {
  Fixture() {
    // Unit 0 (red) twice, unit 1 (green) drawn blue, a sum of units, and a unit of another layer.
    const auto picture = [](std::vector<int64_t> units, const std::string& layer, Image image) {
      PictureRecord record;
      for (const int64_t unit : units) record.terms.push_back({{layer, unit}, 1, 1, std::nullopt});
      record.activations = {1};
      record.picture = std::move(image);
      return record;
    };
    pictures = {picture({0}, "fc8", plain(255, 0, 0)), picture({0}, "fc8", plain(205, 0, 0)), picture({1}, "fc8", plain(0, 0, 255)),
                picture({0, 1}, "fc8", plain(9, 9, 9)), picture({2}, "fc6", plain(9, 9, 9))};
    real.count = 4, real.height = real.width = 4, real.channels = 3;
    real.classes = {0, 0, 1, 2};
    real.labels = {"red", "green", "blue"};
    auto* pixels = new uint8_t[4 * 48];
    real.pixels.reset(pixels, std::default_delete<uint8_t[]>());
    for (const Image& image : {plain(255, 0, 0), plain(155, 0, 0), plain(0, 255, 0), plain(0, 0, 255)})
      pixels = std::copy(image.pixels.begin(), image.pixels.end(), pixels);
  }

  std::vector<PictureRecord> pictures;
  Dataset real;
  Model judge = colour_judge();
};

TEST(Verdict, CountsTransferAndComparesVariety) {
  const Fixture f;
  EXPECT_EQ(last_features(f.judge), "flat");
  const ClassMap classes = map_by_name({"Red", "green", "violet"}, f.judge.labels);
  EXPECT_EQ(classes, (ClassMap{0, 1, std::nullopt}));
  const Verdict verdict = Judge(f.judge, f.real, {.classes = classes}).on(f.pictures, "fc8");
  EXPECT_EQ(verdict.pictures, 3);
  EXPECT_EQ(verdict.features, 3);
  EXPECT_EQ(verdict.mapped, 3);
  EXPECT_EQ(verdict.top1, 2);
  EXPECT_EQ(verdict.top5, 3);
  EXPECT_EQ(verdict.varied_units, 1);
  EXPECT_NEAR(verdict.variety, 50.0 / 255, 1e-5);
  EXPECT_NEAR(verdict.real_variety, 100.0 / 255, 1e-5);
  EXPECT_GT(verdict.frechet, 0);
  const Json json = verdict.to_json();
  EXPECT_NEAR(json.at("variety").at("ratio").get<double>(), 0.5, 1e-5);
  EXPECT_NEAR(json.at("transfer").at("top1").get<double>(), 2.0 / 3, 1e-9);
}

TEST(Verdict, WithoutClassesThereAreDistancesAlone) {
  const Fixture f;
  const Json json = Judge(f.judge, f.real, {}).on(f.pictures, "fc8").to_json();
  EXPECT_TRUE(json.contains("kernel_distance_standard_error"));
  EXPECT_FALSE(json.contains("transfer"));
  EXPECT_FALSE(json.contains("variety"));
  EXPECT_THROW(Judge(f.judge, f.real, {}).on(f.pictures, "fc6"), Error);  // one picture
}

TEST(ClassMap, IsReadFromAFile) {
  const TemporaryFolder folder;
  const std::string file = (folder / "map.txt").string();
  write_file(file, std::string_view("2\n-\n0\n"));
  EXPECT_EQ(read_class_map(file, 3, 3), (ClassMap{2, std::nullopt, 0}));
  EXPECT_THROW(read_class_map(file, 2, 3), Error);
  EXPECT_THROW(read_class_map(file, 3, 2), Error);
  write_file(file, std::string_view("2\nx\n0\n"));
  EXPECT_THROW(read_class_map(file, 3, 3), Error);
}

TEST(ClassMap, ANameThatIsThereTwiceMapsNothing) {
  EXPECT_EQ(map_by_name({"crane", "king_penguin"}, {"Crane", "king penguin", "crane"}), (ClassMap{std::nullopt, 1}));
  // The first of several names is one, too, where it is the name of one class.
  EXPECT_EQ(map_by_name({"tench, Tinca tinca", "n01518878 ostrich", "crane"},
                        {"ostrich, Struthio camelus", "crane, bird", "Tench", "crane, hoist"}),
            (ClassMap{2, 0, std::nullopt}));
  EXPECT_EQ(map_by_name({"crane, bird"}, {"crane, hoist", "crane, bird"}), ClassMap{1});
}

}  // namespace
}  // namespace phosphene

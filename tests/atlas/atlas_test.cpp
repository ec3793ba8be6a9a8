#include "phosphene/atlas/atlas.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/schema.h"

namespace phosphene {
namespace {

// A file with two layers of three units, written by hand.
struct AtlasReader : testing::Test {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "net.atlas";

  void SetUp() override {
    Database database(file, Database::Mode::kCreate);
    create_schema(database);
    database.execute(R"sql(
      INSERT INTO meta VALUES ('network', '{"name": "net"}');
      INSERT INTO layer VALUES (0, 'c/norm', 'c', 'Conv', '[3, 4, 4]', 3, 'hidden', 0, 27, 432, NULL, NULL);
      INSERT INTO layer VALUES (1, 'fc', 'fc', 'Gemm', '[3]', 3, 'output', 1, 9, 9, 0, '{"steps": 7}');
      INSERT INTO edge VALUES (0, 1);
      INSERT INTO unit (layer, unit) VALUES (0, 0), (0, 1), (0, 2);
      INSERT INTO unit (layer, unit, label, margin, active, colour, verdict, reasons, lowest, highest) VALUES
        (1, 0, 'Alp', 0.5, 0.1, 'amber', 'doubtful', '["a reason"]', -1, 3), (1, 1, 'bee', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (1, 2, 'alpaca', 2.5, 0.9, 'green', 'sound', '[]', NULL, NULL);
      INSERT INTO job VALUES (0, 1, 0, 0), (1, 1, 1, 0), (2, 1, 2, 0);
      INSERT INTO failure VALUES (1, 'no');
      INSERT INTO class VALUES (0, 'Zebra', 2, NULL);
      INSERT INTO unit_class VALUES (0, 2, 0, 0, 4.0, 1.5);
      INSERT INTO timing VALUES ('draw 1', 2, 10.0);
      INSERT INTO data_part VALUES (1, 1, 10, 10);
    )sql");
    database.run(
        "INSERT INTO picture (id, key, layer, unit, seed, place, activation, rank, stopped, shown_y, shown_x, height, width, pixels, "
        "path_layers, activations, code, thumbnail, webp) VALUES (0, 'k0', 1, 0, 0, 'center', 2.5, 1, 0, 0, 0, 8, 8, '', '[[0, 0.25]]', "
        "?, ?, ?, ?)",
        Blob{float32_blob(std::vector<float>{1, 2.5f})}, Blob{float16_blob(std::vector<float>{0.5f})}, Blob{"thumb"}, Blob{"file"});
    database.run("UPDATE unit SET seed = 0 WHERE layer = 1 AND unit = 0");
    std::vector<uint32_t> bins(kHistogramBins);
    bins[3] = 10;
    database.run("INSERT INTO distribution VALUES (1, 0, ?, ?, ?)", Blob{uint32_blob(bins)},
                 Blob{float32_blob(std::vector<float>(kQuantiles))}, Blob{""});
  }
};

TEST_F(AtlasReader, Layers) {
  const Atlas atlas(file);
  const auto layers = atlas.layers();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].shape, (std::vector<int64_t>{3, 4, 4}));
  EXPECT_FALSE(layers[0].turn);
  EXPECT_TRUE(layers[0].recipe.is_null());
  EXPECT_TRUE(layers[1].output && layers[1].labelled);
  EXPECT_EQ(layers[1].recipe["steps"], 7);
  EXPECT_EQ(layers[1].planned, 3);
  EXPECT_EQ(layers[1].drawn, 1);
  EXPECT_EQ(layers[1].failed, 1);
  EXPECT_EQ(atlas.edges().size(), 1u);
  EXPECT_EQ(atlas.layer("c")->id, 0);
  EXPECT_EQ(atlas.layer("fc")->id, 1);
  EXPECT_FALSE(atlas.layer("nowhere"));
  EXPECT_EQ(atlas.meta("network")["name"], "net");
}

TEST_F(AtlasReader, ProgressTellsWhatIsMissingAndHowLongItTakes) {
  const AtlasProgress progress = Atlas(file).progress();
  EXPECT_EQ(progress.jobs, 3);
  EXPECT_EQ(progress.drawn, 1);
  EXPECT_EQ(progress.failed, 1);
  EXPECT_EQ(progress.read, 10);
  EXPECT_FALSE(progress.complete);
  EXPECT_DOUBLE_EQ(progress.seconds_left.value(), 2 * 5.0);
}

TEST_F(AtlasReader, UnitsAreSortedAndFiltered) {
  const Atlas atlas(file);
  const auto numbers = [&](const UnitQuery& query) {
    std::vector<int64_t> found;
    for (const AtlasUnit& unit : atlas.units(1, query)) found.push_back(unit.unit);
    return found;
  };
  using V = std::vector<int64_t>;
  EXPECT_EQ(numbers({}), (V{0, 1, 2}));
  EXPECT_EQ(numbers({.sort = UnitSort::kMargin, .descending = true}), (V{2, 0, 1}));  // NULL last, either way
  EXPECT_EQ(numbers({.sort = UnitSort::kMargin}), (V{0, 2, 1}));
  EXPECT_EQ(numbers({.sort = UnitSort::kVerdict}), (V{2, 0, 1}));
  EXPECT_EQ(numbers({.sort = UnitSort::kSparsity}), (V{2, 0, 1}));
  EXPECT_EQ(numbers({.filter = "ALP"}), (V{0, 2}));
  EXPECT_EQ(numbers({.filter = "1"}), (V{1}));
  EXPECT_EQ(numbers({.offset = 1, .limit = 1}), (V{1}));
  EXPECT_EQ(atlas.count_units(1, "alp"), 2);
  EXPECT_EQ(atlas.units(0, {.filter = "zebra"}).size(), 1u);
  EXPECT_EQ(atlas.unit(0, 2)->top_class, "Zebra");
  EXPECT_EQ(atlas.unit(1, 0)->reasons, (std::vector<std::string>{"a reason"}));
  EXPECT_FALSE(atlas.unit(1, 3));
  EXPECT_EQ(atlas.search("alp").size(), 2u);
  EXPECT_EQ(atlas.search("zeb").at(0).unit, 2);
}

TEST_F(AtlasReader, Pictures) {
  const Atlas atlas(file);
  const auto pictures = atlas.pictures(1, 0);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].path_layers.at(0).similarity, 0.25);
  EXPECT_EQ(atlas.activations(1, 0, 0), (std::vector<float>{1, 2.5f}));
  EXPECT_EQ(atlas.code(1, 0, 0), (std::vector<float>{0.5f}));
  EXPECT_EQ(atlas.webp(1, 0, 0), "file");
  EXPECT_FALSE(atlas.webp(1, 0, 1));
  EXPECT_EQ(atlas.thumbnails(1, 0, 3), (std::vector<std::string>{"thumb", "", ""}));
  const auto distribution = atlas.distribution(1, 0);
  EXPECT_EQ(distribution->highest, 3);
  EXPECT_EQ(distribution->histogram[3], 10u);
  EXPECT_EQ(atlas.units_of_class(0).at(0).unit, 2);
}

TEST_F(AtlasReader, OtherFilesAreErrors) {
  EXPECT_NE(error_of([&] { Atlas(folder.path() / "none.atlas"); }).find("none.atlas"), std::string::npos);
  std::ofstream(folder.path() / "text.atlas") << std::string(5000, 'x');
  EXPECT_NE(error_of([&] { Atlas(folder.path() / "text.atlas"); }).find("no atlas"), std::string::npos);
  Database(folder.path() / "other.atlas", Database::Mode::kCreate).execute("CREATE TABLE t (x)");
  EXPECT_NE(error_of([&] { Atlas(folder.path() / "other.atlas"); }).find("no atlas"), std::string::npos);
  Database(file, Database::Mode::kWrite).execute("PRAGMA user_version = 2");
  EXPECT_NE(error_of([&] { Atlas{file}; }).find("format 2"), std::string::npos);
}

TEST_F(AtlasReader, ViewsAndTriggersAreRefused) {
  Database(file, Database::Mode::kWrite).execute("DROP TABLE photo; CREATE VIEW photo AS SELECT 1 AS id");
  EXPECT_NE(error_of([&] { Atlas{file}; }).find("views or triggers"), std::string::npos);
}

TEST_F(AtlasReader, DamagedTextsAndBlobsAreErrors) {
  Database database(file, Database::Mode::kWrite);
  database.execute("UPDATE unit SET reasons = '[broken' WHERE layer = 1 AND unit = 0; UPDATE picture SET activations = x'00'");
  const Atlas atlas(file);
  EXPECT_NE(error_of([&] { atlas.unit(1, 0); }).find("net.atlas"), std::string::npos);
  EXPECT_NE(error_of([&] { atlas.activations(1, 0, 0); }).find("net.atlas"), std::string::npos);
}

}  // namespace
}  // namespace phosphene

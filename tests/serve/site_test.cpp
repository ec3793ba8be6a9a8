// A site's files and addresses, on an atlas with two layers and one picture.
#include "phosphene/serve/site.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/serve/export.h"
#include "phosphene/serve/server.h"

namespace phosphene {
namespace {

const std::string kHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::filesystem::path small_atlas(const std::filesystem::path& folder, const std::string& name = "a.atlas") {
  const std::filesystem::path file = folder / name;
  Database database(file, Database::Mode::kCreate);
  create_schema(database);
  database.run("INSERT INTO meta VALUES ('network', ?)", Json{{"name", "net"}, {"sha256", kHash}}.dump());
  database.run("INSERT INTO layer VALUES (0, 'a/b', 'b', 'Conv', '[2, 3, 3]', 2, 'hidden', 0, 10, NULL, NULL, NULL)");
  database.run("INSERT INTO layer VALUES (1, 'out', 'out', 'Gemm', '[2]', 2, 'output', 1, 10, NULL, 0, '{}')");
  for (const char* label : {"cat", "dog"})
    database.run("INSERT INTO unit (layer, unit, label, seed) VALUES (1, ?, ?, 5)", std::string_view(label) == "cat" ? 0 : 1, label);
  database.run("INSERT INTO job VALUES (0, 1, 1, 5)");
  database.run(
      "INSERT INTO picture (id, key, layer, unit, seed, place, activation, rank, stopped, shown_y, shown_x, height, width, pixels, "
      "activations, code, "
      "thumbnail, webp) VALUES (0, 'k', 1, 1, 5, 'center', 2.5, 1, 0, 0, 0, 1, 1, 'p', x'', x'', 'small', 'large')");
  return file;
}

TEST(Site, GivesPicturesAndDataByName) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  EXPECT_EQ(*site.find("data/0123456789ab/picture/1-1-5.webp")->bytes, "large");
  EXPECT_EQ(*site.find("data/0123456789ab/thumb/1-1-5.webp")->bytes, "small");
  const Json unit = Json::parse(*site.find("data/0123456789ab/unit/1/1.json")->bytes);
  EXPECT_EQ(unit["label"], "dog");
  EXPECT_EQ(unit["pictures"][0]["activation"], 2.5);
  EXPECT_EQ(Json::parse(*site.find("data/0123456789ab/layer/1.json")->bytes)["columns"]["label"], Json::parse(R"(["cat", "dog"])"));
}

TEST(Site, HasNothingUnderAnyOtherName) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  for (const char* name :
       {"", "data/", "data/a.atlas", "../a.atlas", "data/0123456789ab/picture/1-1-4.webp", "data/0123456789ab/picture/1-1-5.webp/",
        "data/0123456789ab/picture/1-1-5", "data/0123456789ab/picture/1-1-5-6.webp", "data/0123456789ab/picture/+1-1-5.webp",
        "data/0123456789ab/picture/1-1.webp", "data/0123456789ab/unit/1/2.json", "data/0123456789ab/unit/1.json",
        "data/0123456789ab/layer/2.json", "data/0123456789ab/layer/out.json", "data/0123456789ab", "data/0123456789ac/layer/1.json"})
    EXPECT_FALSE(site.find(name)) << name;
}

TEST(Site, KnowsItsPages) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  for (const char* path : {"/", "/0123456789ab", "/0123456789ab/out/1", "/01234567/a/b/0", "/search", "/compare"})
    EXPECT_TRUE(site.has_page(path)) << path;
  for (const char* path : {"", "/01234", "/0123456789ac", "/favicon.ico", "/../a.atlas"}) EXPECT_FALSE(site.has_page(path)) << path;
}

TEST(Site, TwoAtlasesOfOneNetworkHaveNamesOfTheirOwn) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path(), "a.atlas"), small_atlas(folder.path(), "b.atlas")});
  EXPECT_EQ(site.atlases()[0].id, "0123456789ab");
  EXPECT_EQ(site.atlases()[1].id, "0123456789ab-2");
}

TEST(Site, EveryNameOfTheListIsThere) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  std::set<std::string> names;
  site.each_name([&](const std::string& name) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(site.find(name)) << name;
  });
  EXPECT_TRUE(names.contains("data/0123456789ab/picture/1-1-5.webp"));
  EXPECT_TRUE(names.contains("data/0123456789ab/unit/1/0.json"));
}

TEST(Site, TwoAtlasesAreMatchedWhereTheyWereMeasuredAlike) {
  const TemporaryFolder folder;
  const std::vector files = {small_atlas(folder.path(), "a.atlas"), small_atlas(folder.path(), "b.atlas")};
  const Site site(files);
  const std::string name = "data/0123456789ab/match/1/0123456789ab-2/1.json";
  std::set<std::string> names;
  site.each_name([&](const std::string& each) { names.insert(each); });
  EXPECT_TRUE(names.contains(name) && names.contains("data/0123456789ab-2/match/0/0123456789ab/0.json"));
  EXPECT_TRUE(Json::parse(*site.find(name)->bytes).contains("reason"));
  for (const char* other : {"data/0123456789ab/match/1/0123456789ab/1.json", "data/0123456789ab/match/1/0123456789ab-2/2.json",
                            "data/0123456789ab/match/1/1.json", "data/0123456789ab/match/1", "data/0123456789ab/match/1/0123456789ab-2/"})
    EXPECT_FALSE(site.find(other)) << other;

  // Unit 0 of A answers as unit 1 of B; the other two as nobody.
  const std::vector<std::vector<float>> responses = {{1, 0, 0, 1}, {0, 1, 0, 0}};
  for (size_t i = 0; i < files.size(); ++i) {
    Database database(files[i], Database::Mode::kWrite);
    for (int64_t place = 0; place < 4; ++place) database.run("INSERT INTO sample VALUES (?, ?, ?)", place, place, std::to_string(place));
    for (size_t unit = 0; unit < 2; ++unit) {
      const std::vector<float> own = unit == i ? responses[0] : i == 0 ? responses[1] : std::vector<float>{1, 0, 1, 0};
      database.run("INSERT INTO distribution VALUES (1, ?, x'', x'', ?)", unit, Blob{float16_blob(own)});
    }
  }
  const Json match = Json::parse(*site.find(name)->bytes);
  EXPECT_EQ(match["pictures"], 4);
  ASSERT_EQ(match["matched"].size(), 1u);
  EXPECT_EQ(match["matched"][0][0], 0);
  EXPECT_EQ(match["matched"][0][1], 1);
  EXPECT_EQ(match["vanished"][0][0], 1);
  EXPECT_EQ(match["appeared"][0][0], 0);
}

TEST(Export, WritesTheSameData) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  const std::filesystem::path out = folder.path() / "site";
  const ExportReport report = export_site(site, out);
  EXPECT_GT(report.files, 8u);
  EXPECT_EQ(read_file(out / "data/0123456789ab/picture/1-1-5.webp"), "large");
  EXPECT_EQ(read_file(out / "data/0123456789ab/unit/1/1.js"),
            "phosphene_data(\"0123456789ab/unit/1/1\", " + *site.find("data/0123456789ab/unit/1/1.json")->bytes + ");\n");
  EXPECT_EQ(read_file(out / "index.html").find("{{"), std::string::npos);
}

TEST(Server, KnowsLoopbackNames) {
  for (const char* host : {"localhost", "localhost:80", "127.0.0.1:8080", "127.1.2.3", "[::1]:80", "[::1]", "a.localhost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example:80", "0.0.0.0", "10.0.0.1"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Server, ASecondOneAtThePortIsAnError) {
  const TemporaryFolder folder;
  const Site site({small_atlas(folder.path())});
  const Server first(site, nullptr, {.port = 0});
  EXPECT_GT(first.port(), 0);
  EXPECT_NE(error_of([&] { Server(site, nullptr, {.port = first.port()}); }).find("--port"), std::string::npos);
}

}  // namespace
}  // namespace phosphene

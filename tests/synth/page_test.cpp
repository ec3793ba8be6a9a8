#include "phosphene/synth/page.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

TEST(Page, FolderHoldsEverythingThatTheContractNames) {
  Model network = small_network();
  network.labels = {"a", "b", "<script>", "d", "e", "f"};
  const Prior prior = generator_prior(small_generator());
  Recipe recipe;
  recipe.network = "small-network";
  recipe.layer = "fc";
  recipe.steps = 3;
  recipe.engine = "reference";
  recipe.seeds = {0, 1};
  recipe = resolve(recipe, prior, 6);
  const auto objectives = parse_objectives("2,2,0*0.5+1", {"fc", {}, 6});
  const auto jobs = make_jobs(objectives, prior, recipe, network);
  const TemporaryFolder temporary;
  const std::filesystem::path out = temporary.path() / "new" / "out";
  OutputFolder folder(out, run_facts(network, prior, recipe, jobs), jobs);
  SearchOptions options;
  options.keep_codes = true;
  options.on_result = [&](size_t job, const JobResult& result) { folder.add(job, result); };
  const auto results = Search(network, prior, recipe, objectives).run(jobs, options);
  folder.finish(results);

  const Json json = read_json(out / "results.json");
  EXPECT_EQ(Recipe::from_json(json.at("recipe")), recipe);
  ASSERT_EQ(json.at("images").size(), 6u);
  std::set<std::string> files;
  for (const Json& image : json.at("images")) {
    files.insert(image.at("file"));
    const Image picture = read_image(out / image.at("file").get<std::string>());
    EXPECT_EQ(picture.height, 8);
    EXPECT_EQ(image.at("activations").size(), 3u);
    EXPECT_EQ(image.at("activations").back(), image.at("activation"));
  }
  EXPECT_EQ(files.size(), 6u);  // the unit that was asked for twice has two files
  EXPECT_EQ(json.at("images")[0].at("label"), "<script>");
  EXPECT_EQ(read_npy(out / "codes.npy").shape, (std::vector<int64_t>{6, 10}));
  EXPECT_EQ(read_npy(out / "steps.npy").shape, (std::vector<int64_t>{6, 4, 10}));
  EXPECT_EQ(read_image(out / "grid.png").width, 16 + 2 * (192 + 16));
  const std::string html = read_file(out / "index.html");
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);
  for (const std::string& file : files) EXPECT_NE(html.find("\"" + file + "\""), std::string::npos);
}

TEST(Page, UnwritableFolderIsAnErrorAtOnce) {
  const TemporaryFolder temporary;
  write_file(temporary.path() / "file", std::string_view("x"));
  EXPECT_THROW(OutputFolder(temporary.path() / "file" / "out", {}, {}), Error);
}

}  // namespace
}  // namespace phosphene

// What a checkpoint takes, refuses and survives, and the curve beside it.
#include "phosphene/train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/train/builder.h"

namespace phosphene {
namespace {

TrainableGraph one_layer(int64_t inputs) {
  GraphBuilder net("net", 1);
  return net.finish({net.gemm("y", net.input("x", {kUnknown, inputs}), 1)});
}

// A full disk as the system shows it to a program: a write beyond the limit fails. The signal that comes with a limit does not come with a
// disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t most_bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{most_bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Checkpoint, ADamagedFileIsOneClearLine) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(2), true);
  Checkpoint checkpoint(folder / "c", {.recipe = {{"a", 1}}, .data = "d"}, {{"", &parameters}});
  EXPECT_FALSE(checkpoint.load().has_value());
  checkpoint.save(5);
  EXPECT_EQ(checkpoint.load().value(), 5);
  const std::string whole = read_file(folder / "c");
  for (const size_t kept : {size_t{0}, size_t{10}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(folder / "c", std::ios::binary | std::ios::trunc) << whole.substr(0, kept);
    EXPECT_THROW(checkpoint.load(), Error) << kept;
  }
}

// Sound JSON with values of other kinds was an exception of the JSON library.
TEST(Checkpoint, AHeaderWithOtherKindsOfValuesIsDamaged) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(2), false);
  Checkpoint checkpoint(folder / "c", {.recipe = {{"a", 1}}, .data = "d"}, {{"", &parameters}});
  for (const char* header :
       {"[]", "3", R"({"recipe": 3, "step": 5, "sections": []})", R"({"recipe": {"a": 1}, "step": "5", "sections": []})",
        R"({"recipe": {"a": 1}, "data": "d", "step": -5, "sections": []})",
        R"({"recipe": {"a": 1}, "data": "d", "step": 5, "sections": {"a": 1, "b": 2}})"}) {
    std::ofstream(folder / "c", std::ios::binary | std::ios::trunc) << "phosphene checkpoint 1\n" << header << "\n";
    EXPECT_NE(error_of([&] { checkpoint.load(); }).find("the checkpoint is damaged"), std::string::npos) << header;
  }
}

TEST(Checkpoint, OnlyTunableFieldsMayChangeAndChangesAreKept) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(2), false);
  const auto opened = [&](Json recipe) {
    return Checkpoint(folder / "c", {.recipe = std::move(recipe), .data = "d", .tunable = {"weight"}}, {{"", &parameters}});
  };
  opened({{"weight", 1}, {"seed", 0}}).save(5);
  EXPECT_NE(error_of([&] { opened({{"weight", 1}, {"seed", 1}}).load(); }).find("seed = 0, this one has 1"), std::string::npos);
  Checkpoint tuned = opened({{"weight", 3}, {"seed", 0}});
  EXPECT_EQ(tuned.load().value(), 5);
  tuned.save(9);
  Checkpoint last = opened({{"weight", 3}, {"seed", 0}});
  EXPECT_EQ(last.load().value(), 9);
  EXPECT_EQ(last.changes(), Json::parse(R"([{"step": 5, "weight": [1, 3]}])"));
}

TEST(Checkpoint, AFullDiskKeepsTheOneBefore) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(50000), false);
  Checkpoint checkpoint(folder / "c", {.recipe = Json::object(), .data = "d"}, {{"", &parameters}});
  checkpoint.save(5);
  const std::string before = read_file(folder / "c");
  {
    const FullDisk full(100000);
    EXPECT_NE(error_of([&] { checkpoint.save(6); }).find("c > cannot be written"), std::string::npos);
  }
  EXPECT_EQ(read_file(folder / "c"), before);
  EXPECT_FALSE(std::filesystem::exists(folder / "c.tmp"));
}

TEST(Curve, DropsRowsThatTheCheckpointDoesNotHave) {
  const TemporaryFolder folder;
  {
    Curve curve(folder / "c.csv", {"loss"}, 0);
    curve.add(10, {1});
    curve.add(20, {0.5});
    std::ofstream(folder / "c.csv", std::ios::app) << "3";  // "30,..." as a crash cuts it
  }
  Curve curve(folder / "c.csv", {"loss"}, 10);
  curve.add(20, {0.25});
  EXPECT_EQ(read_file(folder / "c.csv"), "step,loss\n10,1\n20,0.25\n");
}

TEST(Checkpoint, OtherDataAreRefusedUnlessTheRunRetunes) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(2), false);
  const auto opened = [&](const std::string& data, std::set<std::string> tunable) {
    return Checkpoint(folder / "c", {.recipe = {{"seed", 0}}, .data = data, .tunable = std::move(tunable)}, {{"", &parameters}});
  };
  opened("cats", {}).save(5);
  EXPECT_EQ(opened("cats", {}).load().value(), 5);
  const std::string refused = error_of([&] { opened("dogs", {}).load(); });
  EXPECT_NE(refused.find("c > the run before had other pictures"), std::string::npos) << refused;
  EXPECT_NE(refused.find("--retune"), std::string::npos) << refused;
  Checkpoint retuned = opened("dogs", {TrainingKey::kData});
  EXPECT_EQ(retuned.load().value(), 5);
  EXPECT_EQ(retuned.changes(), Json::parse(R"([{"step": 5, "data": ["cats", "dogs"]}])"));
  retuned.save(6);
  EXPECT_EQ(opened("dogs", {}).load().value(), 6);
}

TEST(Checkpoint, AFileThatDoesNotNameItsDataGoesOnWithAWarning) {
  const TemporaryFolder folder;
  Parameters parameters(one_layer(2), false);
  Checkpoint checkpoint(folder / "c", {.recipe = {{"seed", 0}}, .data = "cats"}, {{"", &parameters}});
  checkpoint.save(5);
  std::string old = read_file(folder / "c");
  const std::string field = R"("data":"cats",)";
  ASSERT_NE(old.find(field), std::string::npos);
  write_file(folder / "c", old.erase(old.find(field), field.size()));
  testing::internal::CaptureStderr();
  EXPECT_EQ(checkpoint.load().value(), 5);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("warning: the checkpoint does not name its data"), std::string::npos);
  EXPECT_TRUE(checkpoint.changes().empty());
}

}  // namespace
}  // namespace phosphene

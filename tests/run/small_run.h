// A network and a generator as files, and recipes of them.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "phosphene/run/folder.h"
#include "phosphene/run/run.h"
#include "synth/small_models.h"

namespace phosphene::test {

class SmallRun {
 public:
  SmallRun() {
    Model network = small_network();
    network.labels = {"a", "b", "<script>", "d", "e", "f"};
    save_model(files / "network.onnx", network, false);
    save_model(files / "prior.onnx", small_generator(), false);
    recipe.network = (files / "network.onnx").string();
    recipe.prior = (files / "prior.onnx").string();
    recipe.layer = "fc";
    recipe.steps = 6;
    recipe.batch = 4;
    recipe.lr0 = 1.0;
    recipe.threads = 1;
  }

  Plan planned() { return plan(session, Request::from(session, recipe)); }

  // All that `recipe` asks for.
  std::vector<PictureRecord> pictures() {
    MemorySink sink;
    const RunReport report = run(session, planned(), sink);
    EXPECT_TRUE(report.failures.empty());
    return sink.take_pictures();
  }

  TemporaryFolder files;
  Session session;
  Recipe recipe;
};

inline void expect_same_bits(const PictureRecord& a, const PictureRecord& b) {
  EXPECT_EQ(a.picture.pixels, b.picture.pixels);
  EXPECT_EQ(a.code, b.code);
  EXPECT_EQ(a.activations, b.activations);
}

}  // namespace phosphene::test

#include "phosphene/base/installation.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace phosphene {
namespace {

namespace fs = std::filesystem;

TEST(Installation, CodeThatIsLinkedIntoAProgramIsFoundThere) { EXPECT_EQ(own_file(), fs::read_symlink("/proc/self/exe")); }

// Of a program that is not installed. (tests/package asks an installed one.)
TEST(Installation, ModelsAreTheSourcesOrThoseTheUserNames) {
  const char* set = std::getenv("PHOSPHENE_MODELS");
  const std::string before = set ? set : "";
  setenv("PHOSPHENE_MODELS", "/elsewhere", 1);
  EXPECT_EQ(models_folder(), "/elsewhere");
  unsetenv("PHOSPHENE_MODELS");
  EXPECT_EQ(models_folder(), fs::path(PHOSPHENE_SOURCE_DIR) / "models");
  if (set) setenv("PHOSPHENE_MODELS", before.c_str(), 1);
}

}  // namespace
}  // namespace phosphene

// Help on a terminal: lines of its width, descriptions below each other, lists an entry a line.
#include "phosphene/cli/help.h"

#include <gtest/gtest.h>

namespace phosphene {
namespace {

TEST(Help, DescriptionsAreBrokenBelowTheirStart) {
  EXPECT_EQ(wrapped("  --steps INT    Steps of a search that goes on and on\n\nUsage: x\n", 40),
            "  --steps INT    Steps of a search that\n"
            "                 goes on and on\n"
            "\n"
            "Usage: x\n");
  EXPECT_EQ(wrapped("                    one two three four five six\n", 40),
            "                    one two three four\n"
            "                    five six\n");
  EXPECT_EQ(wrapped("  --a    1234567890123456789012345678901234567890 b\n", 40),
            "  --a    1234567890123456789012345678901234567890\n"
            "         b\n");
}

TEST(Help, ALongListHasALineForEachEntry) {
  const std::string list =
      "  --r  How it moves in the end; one: the first of them all; two (or 2; a pair): second; three: the third of all of them, yes\n";
  EXPECT_EQ(wrapped(list, 38),
            "  --r  How it moves in the end;\n"
            "       one: the first of them all;\n"
            "       two (or 2; a pair): second;\n"
            "       three: the third of all of\n"
            "       them, yes\n");
}

TEST(Help, ANarrowTerminalBreaksLinesItself) {
  const std::string line = "  --steps INT    Steps of a search that goes on and on\n";
  EXPECT_EQ(wrapped(line, 30), line);
  EXPECT_EQ(wrapped(line, 80), line);
}

}  // namespace
}  // namespace phosphene

#include "phosphene/base/text.h"

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"

namespace phosphene {
namespace {

using Lines = std::vector<std::string>;

TEST(Text, CharactersAreThoseOfTheStandard) {
  for (const char* good : {"", "a", "é", "€", "畳み込み", "\U0001F600", "\uFFFD"}) EXPECT_TRUE(is_utf8(good)) << good;
  // Latin-1, a cut character, two encodings that are too long, a surrogate, beyond U+10FFFF, a lone follower.
  for (const char* bad : {"\xE9t\xE9", "\xE2\x82", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
  EXPECT_EQ(as_utf8("caf\xE9!"), "caf\uFFFD!");
}

TEST(Text, MarksAndLineEndsAreDropped) {
  const Lines wanted = {"pomme", "pêche", "", "poire"};
  for (const char* text :
       {"pomme\npêche\n\npoire\n", "pomme\npêche\n\npoire", "\xEF\xBB\xBFpomme\r\npêche\r\n\r\npoire\r\n", "pomme\rpêche\r\rpoire\r"}) {
    write_file(scratch("lines.txt"), text);
    EXPECT_EQ(read_lines(scratch("lines.txt")), wanted) << text;
  }
}

TEST(Text, Utf16InEitherOrder) {
  const std::u16string text = u"pêche\r\n\U0001F600\n";
  for (const bool high_first : {false, true}) {
    std::string bytes = high_first ? "\xFE\xFF" : "\xFF\xFE";
    for (const char16_t unit : text) {
      bytes += static_cast<char>(high_first ? unit >> 8 : unit & 0xFF);
      bytes += static_cast<char>(high_first ? unit & 0xFF : unit >> 8);
    }
    write_file(scratch("wide.txt"), bytes);
    EXPECT_EQ(read_lines(scratch("wide.txt")), (Lines{"pêche", "\U0001F600"}));
  }
}

TEST(Text, AnotherEncodingNamesTheLine) {
  write_file(scratch("latin1.txt"),
             "pomme\np\xEA"
             "che\n");
  EXPECT_NE(error_of([] { read_lines(scratch("latin1.txt")); }).find("latin1.txt > line 2 > is not UTF-8; save it as UTF-8"),
            std::string::npos);
}

TEST(Text, JsonOfAnyFileName) { EXPECT_EQ(json_text(Json("caf\xE9"), -1), "\"caf\uFFFD\""); }

}  // namespace
}  // namespace phosphene

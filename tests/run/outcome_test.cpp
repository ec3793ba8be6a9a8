// What a results.json may say of a picture.
#include "phosphene/run/outcome.h"

#include <gtest/gtest.h>

#include "base/error_of.h"

namespace phosphene {
namespace {

Json picture() {
  PictureRecord record;
  record.file = "lion.png";
  record.terms.emplace_back();
  record.activations = {1, 2};
  return to_json(record);
}

TEST(PictureRecord, IsReadAsItWasWritten) { EXPECT_EQ(to_json(record_from_json(picture())), picture()); }

// A folder of a stranger could name any file of the machine as its picture.
TEST(PictureRecord, APictureOutsideTheFolderIsRefused) {
  for (const char* name : {"/etc/passwd", "../lion.png", "a/lion.png", ""}) {
    Json json = picture();
    json["file"] = name;
    EXPECT_NE(error_of([&] { record_from_json(json); }).find("which is not in its folder"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace phosphene

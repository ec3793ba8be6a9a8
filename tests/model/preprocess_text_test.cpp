#include "phosphene/model/preprocess_text.h"

#include <gtest/gtest.h>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

TEST(PreprocessText, WordsInAnyOrder) {
  const Preprocess p = parse_preprocess("size=227x200 mean=104,117,123 bgr scale=1 resize=256");
  EXPECT_EQ(p.order, ColourOrder::kBgr);
  EXPECT_EQ(p.scale, 1);
  EXPECT_EQ(p.mean, (std::vector<float>{104, 117, 123}));
  EXPECT_EQ(p.deviation, (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(p.height, 227);
  EXPECT_EQ(p.width, 200);
  EXPECT_EQ(p.resize, 256);
  EXPECT_FLOAT_EQ(parse_preprocess("scale=1/255").scale, 1.0f / 255);
  EXPECT_EQ(parse_preprocess("grey;deviation=0.5").deviation, (std::vector<float>{0.5f}));
}

TEST(PreprocessText, CommasBetweenWords) {
  const Json spaced = parse_preprocess("bgr scale=1 mean=104,117,123 deviation=1,2,3 size=227 resize=256").to_json();
  EXPECT_EQ(parse_preprocess("order=bgr,scale=1,mean=104/117/123,std=1/2/3,size=227,resize=256").to_json(), spaced);
  EXPECT_EQ(parse_preprocess("bgr,scale=1,mean=104,117,123,std=1,2,3;size=227,resize=256").to_json(), spaced);
}

TEST(PreprocessText, WhatIsWrittenIsReadBack) {
  const std::string text = "bgr scale=0.5 mean=104,117,123.68 deviation=1,2,3";
  EXPECT_EQ(preprocess_text(parse_preprocess(text)), text);
}

TEST(PreprocessText, WhatIsNotSaidStays) {
  const Preprocess base = parse_preprocess("bgr mean=1,2,3");
  EXPECT_EQ(parse_preprocess("size=32", base).mean, base.mean);
  EXPECT_EQ(parse_preprocess("size=32", base).order, ColourOrder::kBgr);
}

TEST(PreprocessText, NonsenseIsAnError) {
  for (const char* text : {"rbg", "mean=1,2", "deviation=0", "scale=1/0", "scale=x", "size=-3", "size=1x2x3", "size=", "mean=nan",
                           "order=xyz", "5,bgr", "bgr,5"})
    EXPECT_THROW(parse_preprocess(text), Error) << text;
}

}  // namespace
}  // namespace phosphene

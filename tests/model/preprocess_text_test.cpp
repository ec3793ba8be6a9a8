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

TEST(PreprocessText, WhatIsNotSaidStays) {
  const Preprocess base = parse_preprocess("bgr mean=1,2,3");
  EXPECT_EQ(parse_preprocess("size=32", base).mean, base.mean);
  EXPECT_EQ(parse_preprocess("size=32", base).order, ColourOrder::kBgr);
}

// What pixel 0 and pixel 255 of a colour (0 red, 1 green, 2 blue) become.
std::pair<float, float> range_of(const Preprocess& p, int64_t colour) {
  for (int64_t c = 0; c < p.channels(); ++c)
    if (p.picture_channel(c) == colour) return {p.values_of_pixel(c)[0], p.values_of_pixel(c)[255]};
  return {};
}

void expect_range(const Preprocess& p, int64_t colour, float first, float last) {
  EXPECT_NEAR(range_of(p, colour).first, first, 2e-5f * 255) << colour;
  EXPECT_NEAR(range_of(p, colour).second, last, 2e-5f * 255) << colour;
}

TEST(PreprocessText, RangesComeBeforeMeanAndDeviation) {
  expect_range(parse_preprocess("range=-1..1"), 1, -1, 1);
  expect_range(parse_preprocess("range=0..255"), 1, 0, 255);
  expect_range(parse_preprocess("range=0..1 mean=0.5 std=0.25"), 1, -2, 2);
  expect_range(parse_preprocess("std=0.5,mean=0.5,range=-1..1"), 1, -3, 1);
  expect_range(parse_preprocess("range=0..1", parse_preprocess("caffe")), 0, 0, 1);  // the means of the base are gone
}

TEST(PreprocessText, ConventionsAreThePublishedOnes) {
  const Preprocess caffe = parse_preprocess("caffe");
  EXPECT_EQ(caffe.order, ColourOrder::kBgr);
  expect_range(caffe, 0, -123, 132);
  expect_range(caffe, 2, -104, 151);
  expect_range(parse_preprocess("keras"), 0, -123.68f, 255 - 123.68f);
  expect_range(parse_preprocess("tf"), 0, -1, 1);
  expect_range(parse_preprocess("none"), 2, 0, 255);
  const Preprocess torchvision = parse_preprocess("torchvision");
  EXPECT_EQ(torchvision.order, ColourOrder::kRgb);
  expect_range(torchvision, 0, -0.485f / 0.229f, 0.515f / 0.229f);
  EXPECT_EQ(torchvision.height, 224);
  EXPECT_EQ(torchvision.resize, 256);
}

TEST(PreprocessText, WordsOverrideAConvention) {
  const Preprocess inception = parse_preprocess("torchvision size=299");
  EXPECT_EQ(inception.height, 299);
  EXPECT_EQ(inception.resize, 342);  // as torchvision's Inception v3
  EXPECT_EQ(parse_preprocess("resize=0 torchvision").resize, 0);
  EXPECT_EQ(parse_preprocess("torchvision", parse_preprocess("size=32")).resize, 0);  // small networks see the whole picture
  const Preprocess swapped = parse_preprocess("caffe rgb");
  EXPECT_EQ(swapped.order, ColourOrder::kRgb);
  expect_range(swapped, 0, -123, 132);
  expect_range(parse_preprocess("caffe mean=1,2,3"), 2, -1, 254);
  const Preprocess grey = parse_preprocess("torchvision", parse_preprocess("grey size=28"));
  EXPECT_EQ(grey.order, ColourOrder::kGrey);
  EXPECT_FLOAT_EQ(grey.mean.at(0), (0.485f + 0.456f + 0.406f) / 3);
  EXPECT_EQ(parse_preprocess("caffe,size=227").height, 227);
}

TEST(PreprocessText, WordsOfAPreprocessingGiveItAgain) {
  for (const char* text :
       {"caffe size=227", "torchvision size=224", "torchvision size=299 resize=400", "torchvision size=224 resize=0", "rgb range=0..1",
        "grey range=-1..1 size=28", "bgr range=0..1 mean=0.25,0.5,0.125 std=0.5 size=64x32 resize=70", "rgb range=0..255", "tf size=299"})
    EXPECT_EQ(preprocess_words(parse_preprocess(text)), text);
  EXPECT_EQ(preprocess_words(parse_preprocess("bgr scale=1 mean=104,117,123 size=227")), "caffe size=227");
}

TEST(PreprocessText, NonsenseIsAnError) {
  for (const char* text : {"rbg", "mean=1,2", "deviation=0", "scale=1/0", "scale=x", "size=-3", "size=1x2x3", "size=", "mean=nan",
                           "order=xyz", "5,bgr", "bgr,5", "range=1..0", "range=5", "caffe tf", "resize=224/256"})
    EXPECT_THROW(parse_preprocess(text), Error) << text;
}

}  // namespace
}  // namespace phosphene

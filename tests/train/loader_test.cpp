#include "phosphene/train/loader.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

// Pixel (y, x, c) of image i is 37 i + 16 y + 4 x + c (mod 256); class i.
Dataset numbered(int64_t count, int64_t height, int64_t width, int64_t channels) {
  Dataset set;
  set.count = count, set.height = height, set.width = width, set.channels = channels;
  const std::shared_ptr<uint8_t[]> pixels(new uint8_t[static_cast<size_t>(count * set.image_size())]);
  uint8_t* at = pixels.get();
  for (int64_t i = 0; i < count; ++i) {
    set.classes.push_back(static_cast<int32_t>(i));
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < channels; ++c) *at++ = static_cast<uint8_t>(37 * i + 16 * y + 4 * x + c);
  }
  set.pixels = std::shared_ptr<const uint8_t>(pixels, pixels.get());
  return set;
}

Preprocess raw(ColourOrder order = ColourOrder::kRgb) {
  Preprocess preprocess;
  preprocess.order = order;
  preprocess.scale = 1;
  return preprocess;
}

Batch made(const Dataset& set, const BatchOptions& options, int64_t step) {
  Batch batch;
  BatchMaker(set, options).make(step, batch);
  return batch;
}

TEST(Batch, GivesPlanesInTheNetworksOrderAndScale) {
  const Dataset set = numbered(2, 3, 4, 3);
  BatchOptions options{.batch = 2, .shuffle = false, .augment = false};
  options.preprocess = raw(ColourOrder::kBgr);
  options.preprocess.scale = 0.5f;
  options.preprocess.mean = {1, 2, 3};
  options.preprocess.deviation = {2, 4, 8};
  const Batch batch = made(set, options, 0);
  EXPECT_EQ(batch.classes, (std::vector<int32_t>{0, 1}));
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t y = 0; y < 3; ++y)
      for (int64_t x = 0; x < 4; ++x) {
        const float pixel = static_cast<float>(37 + 16 * y + 4 * x + (2 - c));
        const float expected = (pixel * 0.5f - options.preprocess.mean[c]) / options.preprocess.deviation[c];
        EXPECT_FLOAT_EQ(batch.values[((1 * 3 + c) * 3 + y) * 4 + x], expected);
      }
}

TEST(Batch, GreyImagesFillEveryChannelOfAColourNetwork) {
  const Batch batch = made(numbered(1, 2, 2, 1), {.batch = 1, .augment = false, .preprocess = raw()}, 0);
  EXPECT_EQ(batch.values, (std::vector<float>{0, 4, 16, 20, 0, 4, 16, 20, 0, 4, 16, 20}));
}

TEST(Batch, TakesTheCentreWithoutAugmentation) {
  BatchOptions options{.batch = 1, .augment = false, .preprocess = raw(ColourOrder::kGrey)};
  options.preprocess.height = options.preprocess.width = 2;
  EXPECT_EQ(made(numbered(1, 4, 4, 1), options, 0).values, (std::vector<float>{20, 24, 36, 40}));
}

TEST(Batch, AnEpochHoldsEveryImageOnceAndTheStreamHasNoSeam) {
  const Dataset set = numbered(10, 2, 2, 1);
  const BatchOptions options{.batch = 4, .seed = 5, .preprocess = raw(ColourOrder::kGrey)};
  std::vector<int64_t> stream;
  for (int64_t step = 0; step < 5; ++step) {
    const Batch batch = made(set, options, step);
    stream.insert(stream.end(), batch.indices.begin(), batch.indices.end());
  }
  for (const int epoch : {0, 1}) {
    const std::set<int64_t> seen(stream.begin() + 10 * epoch, stream.begin() + 10 * epoch + 10);
    EXPECT_EQ(seen.size(), 10u);
  }
  EXPECT_FALSE(std::equal(stream.begin(), stream.begin() + 10, stream.begin() + 10));
}

// Every window of the padded image, mirrored or not, that the crop may be; each batch image must be one of them, and many must occur.
TEST(Batch, CropsArePartsOfThePaddedImage) {
  const Dataset set = numbered(1, 4, 5, 1);
  for (const Padding padding : {Padding::kZero, Padding::kReflect}) {
    const int64_t pad = 2, height = 8, width = 9;
    std::vector<float> padded(static_cast<size_t>(height * width), 0);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) {
        int64_t sy = y - pad, sx = x - pad;
        const bool inside = sy >= 0 && sy < 4 && sx >= 0 && sx < 5;
        if (!inside && padding == Padding::kZero) continue;
        sy = sy < 0 ? -sy : sy > 3 ? 6 - sy : sy;
        sx = sx < 0 ? -sx : sx > 4 ? 8 - sx : sx;
        padded[y * width + x] = static_cast<float>(16 * sy + 4 * sx);
      }
    std::set<std::vector<float>> windows, seen;
    for (int64_t top = 0; top <= 4; ++top)
      for (int64_t left = 0; left <= 4; ++left)
        for (const bool mirrored : {false, true}) {
          std::vector<float> window;
          for (int64_t y = 0; y < 4; ++y)
            for (int64_t x = 0; x < 5; ++x) window.push_back(padded[(top + y) * width + left + (mirrored ? 4 - x : x)]);
          windows.insert(window);
        }
    const Batch batch = made(set, {.batch = 800, .pad = pad, .padding = padding, .preprocess = raw(ColourOrder::kGrey)}, 0);
    for (int64_t i = 0; i < 800; ++i) {
      const std::vector<float> image(batch.values.begin() + i * 20, batch.values.begin() + (i + 1) * 20);
      ASSERT_TRUE(windows.contains(image)) << i;
      seen.insert(image);
    }
    EXPECT_EQ(seen.size(), windows.size());
  }
}

TEST(Batch, RandomAreasStayWithinTheImagesValues) {
  const Dataset set = numbered(1, 8, 8, 1);
  const Batch batch = made(set, {.batch = 50, .least_area = 0.25, .preprocess = raw(ColourOrder::kGrey)}, 0);
  EXPECT_EQ(batch.values.size(), 50u * 64u);
  std::set<std::vector<float>> seen;
  for (int64_t i = 0; i < 50; ++i) seen.insert(std::vector<float>(batch.values.begin() + i * 64, batch.values.begin() + (i + 1) * 64));
  EXPECT_GT(seen.size(), 30u);
  EXPECT_LE(*std::max_element(batch.values.begin(), batch.values.end()), 140);
}

TEST(Batch, HalfOfThePicturesAreBlurred) {
  Dataset set = numbered(1, 8, 8, 1);
  const std::shared_ptr<uint8_t[]> pixels(new uint8_t[64]());
  pixels[27] = 200;  // one bright point: it stays, or spreads
  set.pixels = std::shared_ptr<const uint8_t>(pixels, pixels.get());
  const Batch batch = made(set, {.batch = 200, .blur = 3, .preprocess = raw(ColourOrder::kGrey)}, 0);
  int64_t sharp = 0;
  for (int64_t i = 0; i < 200; ++i) sharp += *std::max_element(batch.values.begin() + i * 64, batch.values.begin() + (i + 1) * 64) == 200;
  EXPECT_GT(sharp, 70);
  EXPECT_LT(sharp, 130);
}

TEST(Batch, TwinsShowTheSameCropAndTheSecondIsBlurred) {
  const Dataset set = numbered(9, 8, 8, 1);
  BatchOptions options{.batch = 6, .pad = 2, .twins = true, .preprocess = raw(ColourOrder::kGrey)};
  const Batch sharp = made(set, options, 1);
  options.blur = 2;
  const Batch blurred = made(set, options, 1);
  std::set<int64_t> seen;
  int64_t changed = 0;  // the deviation may be too small to see
  for (int64_t pair = 0; pair < 3; ++pair) {
    const auto first = sharp.values.begin() + 2 * pair * 64;
    EXPECT_EQ(sharp.indices[2 * pair], sharp.indices[2 * pair + 1]);
    EXPECT_TRUE(std::equal(first, first + 64, first + 64));
    EXPECT_TRUE(std::equal(first, first + 64, blurred.values.begin() + 2 * pair * 64));
    changed += !std::equal(first, first + 64, blurred.values.begin() + (2 * pair + 1) * 64);
    seen.insert(sharp.indices[2 * pair]);
  }
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_GE(changed, 1);
}

TEST(Batch, RejectsWhatDoesNotFit) {
  const Dataset colour = numbered(1, 4, 4, 3);
  EXPECT_THROW(BatchMaker(colour, {.preprocess = raw(ColourOrder::kGrey)}), Error);
  BatchOptions large{.preprocess = raw()};
  large.preprocess.height = large.preprocess.width = 6;
  EXPECT_THROW(BatchMaker(colour, large), Error);
  large.pad = 1;
  EXPECT_NO_THROW(BatchMaker(colour, large));
  large.augment = false;
  EXPECT_THROW(BatchMaker(colour, large), Error);
}

TEST(Loader, AResumedStreamIsTheSame) {
  const Dataset set = numbered(20, 6, 6, 3);
  const BatchOptions options{.batch = 7, .seed = 3, .pad = 2, .preprocess = raw()};
  std::vector<Batch> whole;
  {
    Loader loader(set, options);
    for (int64_t step = 0; step < 9; ++step) whole.push_back(loader.next(step));
  }
  Loader resumed(set, options);
  for (int64_t step = 4; step < 9; ++step) {
    const Batch& batch = resumed.next(step);
    EXPECT_EQ(batch.step, step);
    EXPECT_EQ(batch.values, whole[step].values);
    EXPECT_EQ(batch.classes, whole[step].classes);
  }
  EXPECT_EQ(resumed.next(2).values, whole[2].values);  // backwards too
  EXPECT_EQ(resumed.next(2).values, whole[2].values);
  EXPECT_NE(whole[0].values, whole[1].values);
  BatchOptions other = options;
  other.seed = 4;
  EXPECT_NE(Loader(set, other).next(0).values, whole[0].values);
}

TEST(Loader, TheBatchStaysWhileTheNextIsMade) {
  const Dataset set = numbered(50, 16, 16, 3);
  Loader loader(set, {.batch = 32, .preprocess = raw()});
  const Batch& batch = loader.next(0);
  const std::vector<float> copy = batch.values;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(batch.values, copy);
}

TEST(Loader, EndsWithoutBeingAsked) {
  const Dataset set = numbered(4, 4, 4, 3);
  for (int i = 0; i < 50; ++i) Loader(set, {.batch = 2, .preprocess = raw()});
  for (int i = 0; i < 50; ++i) Loader(set, {.batch = 2, .preprocess = raw()}).next(i);
}

}  // namespace
}  // namespace phosphene

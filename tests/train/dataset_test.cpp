#include "phosphene/train/dataset.h"

#include <zlib.h>

#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

void put_picture(const fs::path& file, uint8_t value, int64_t size = 8) {
  fs::create_directories(file.parent_path());
  write_png(file, Image::blank(size, size, 3, value));
}

std::string idx_bytes(const std::vector<int>& shape, const std::string& data) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(shape.size());
  for (const int size : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  return bytes + data;
}

void put_packed(const fs::path& file, const std::string& content) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
  gzclose(out);
}

class DatasetTest : public testing::Test {
 protected:
  Dataset open(const std::string& split = "train", DatasetOptions options = {}) {
    options.split = split;
    options.cache = folder_ / "cache";
    return open_dataset(data_, options);
  }
  // First values of the images, as a set: each picture of these tests has one value.
  static std::multiset<int> values(const Dataset& set) {
    std::multiset<int> all;
    for (int64_t i = 0; i < set.count; ++i) all.insert(*set.image(i));
    return all;
  }

  TemporaryFolder folder_;
  fs::path data_ = folder_ / "data";
};

TEST_F(DatasetTest, ReadsTrainAndValClassFolders) {
  put_picture(data_ / "train/cat/a.png", 1);
  put_picture(data_ / "train/cat/b.PNG", 2);
  put_picture(data_ / "train/ant/deep/c.png", 3);
  put_picture(data_ / "val/cat/d.png", 4);
  const Dataset train = open(), val = open("val");
  EXPECT_EQ(train.labels, (std::vector<std::string>{"ant", "cat"}));
  EXPECT_EQ(val.labels, train.labels);
  EXPECT_EQ(train.classes, (std::vector<int32_t>{0, 1, 1}));
  EXPECT_EQ(val.classes, (std::vector<int32_t>{1}));
  EXPECT_EQ(train.height * 100 + train.width * 10 + train.channels, 883);
  EXPECT_EQ(*train.image(0), 3);
  EXPECT_EQ(train.image(1)[train.image_size() - 1], 1);
  EXPECT_EQ(*train.image(2), 2);
}

TEST_F(DatasetTest, HoldsOutAFixedPartOfPlainClassFolders) {
  for (int i = 0; i < 40; ++i) put_picture(data_ / "dog" / fmt::format("{:02}.png", i), static_cast<uint8_t>(i));
  put_picture(data_ / "cow/only.png", 100);
  const Dataset train = open(), val = open("val");
  EXPECT_EQ(val.count, 2);
  EXPECT_EQ(train.count, 39);
  std::multiset<int> all = values(train);
  all.merge(values(val));
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), 41u);
  EXPECT_EQ(values(open("val")), values(val));
}

TEST_F(DatasetTest, BarePicturesAreOneClass) {
  put_picture(data_ / "a.png", 1);
  const Dataset set = open();
  EXPECT_EQ(set.labels, std::vector<std::string>{"data"});
  EXPECT_EQ(set.count, 1);
}

TEST_F(DatasetTest, ReadsTinyImageNet) {
  fs::create_directories(data_);
  write_file(data_ / "wnids.txt", "n02\nn01\nn03\n");
  write_file(data_ / "words.txt", "n01\tgoldfish, Carassius auratus\nn02\tcrane\nn03\tcrane\nn99\tunused\n");
  for (const char* wnid : {"n01", "n02", "n03"})
    for (int i = 0; i < 2; ++i)
      put_picture(data_ / "train" / wnid / "images" / fmt::format("{}_{}.JPEG", wnid, i), static_cast<uint8_t>(wnid[2] - '0' + 10 * i));
  put_picture(data_ / "val/images/val_0.JPEG", 50);
  put_picture(data_ / "val/images/val_1.JPEG", 60);
  write_file(data_ / "val/val_annotations.txt", "val_0.JPEG\tn03\t0\t32\t44\t62\nval_1.JPEG\tn01\t0\t0\t1\t1\n");

  const Dataset train = open(), val = open("val");
  EXPECT_EQ(train.labels, (std::vector<std::string>{"goldfish", "crane (n02)", "crane (n03)"}));
  EXPECT_EQ(train.classes, (std::vector<int32_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(*train.image(3), 12);
  EXPECT_EQ(val.classes, (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(*val.image(0), 60);

  write_file(data_ / "val/val_annotations.txt", "val_0.JPEG\tn77\t0\t32\t44\t62\n");
  EXPECT_NE(error_of([&] { open("val"); }).find("val_annotations.txt > gives 'val_0.JPEG' no class"), std::string::npos);
}

TEST_F(DatasetTest, LeavesOutAndCountsWhatCannotBeDecoded) {
  put_picture(data_ / "c/a.png", 1);
  put_picture(data_ / "c/z.png", 9);
  put_picture(data_ / "d/a.png", 7);
  write_file(data_ / "c/m.jpg", "\xFF\xD8 broken");
  put_picture(data_ / "val/c/x.png", 0);  // so that nothing is held out
  fs::create_directories(data_ / "train");
  fs::rename(data_ / "c", data_ / "train/c");
  fs::rename(data_ / "d", data_ / "train/d");
  testing::internal::CaptureStderr();
  const Dataset set = open();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("m.jpg > is a broken JPEG"), std::string::npos);
  EXPECT_EQ(set.count, 3);
  EXPECT_EQ(set.skipped, 1);
  EXPECT_EQ(set.classes, (std::vector<int32_t>{0, 0, 1}));
  EXPECT_EQ(*set.image(1), 9);
  EXPECT_EQ(*set.image(2), 7);
  const Dataset again = open();
  EXPECT_EQ(again.skipped, 1);
  EXPECT_EQ(again.classes, set.classes);
}

TEST_F(DatasetTest, CacheIsUsedUntilAFileOrAnOptionChanges) {
  put_picture(data_ / "c/a.png", 1);
  open();
  const auto files = [&] { return std::distance(fs::directory_iterator(folder_ / "cache"), fs::directory_iterator()); };
  EXPECT_EQ(files(), 1);
  const fs::path cached = fs::directory_iterator(folder_ / "cache")->path();
  const auto written = fs::last_write_time(cached);
  EXPECT_EQ(*open().image(0), 1);
  EXPECT_EQ(fs::last_write_time(cached), written);
  EXPECT_EQ(files(), 1);

  EXPECT_EQ(open("train", {.size = 4}).height, 4);
  EXPECT_EQ(files(), 2);
  put_picture(data_ / "c/b.png", 2);
  put_picture(data_ / "c/c.png", 3);
  EXPECT_EQ(open().count, 2);
  EXPECT_EQ(files(), 3);
}

TEST_F(DatasetTest, ACutCacheIsMadeAgain) {
  put_picture(data_ / "c/a.png", 1);
  open();
  const fs::path cached = fs::directory_iterator(folder_ / "cache")->path();
  fs::resize_file(cached, fs::file_size(cached) - 1);
  EXPECT_EQ(*open().image(0), 1);
  fs::resize_file(cached, 10);
  EXPECT_EQ(*open().image(0), 1);
}

TEST_F(DatasetTest, SizesChannelsAndSubsets) {
  put_picture(data_ / "c/a.png", 10, 8);
  put_picture(data_ / "c/b.png", 20, 12);
  put_picture(data_ / "c/d.png", 30, 16);
  EXPECT_NE(error_of([&] { open(); }).find("give a size to resize all to"), std::string::npos);
  const Dataset set = open("train", {.size = 6, .channels = 1});
  EXPECT_EQ(set.count, 2);
  EXPECT_EQ(set.image_size(), 36);
  EXPECT_EQ(open("train", {.size = 6, .max_images = 1}).count, 1);
}

TEST_F(DatasetTest, ErrorsForFoldersThatHoldNothing) {
  EXPECT_NE(error_of([&] { open(); }).find("data > does not exist"), std::string::npos);
  fs::create_directories(data_);
  EXPECT_NE(error_of([&] { open(); }).find("holds no pictures"), std::string::npos);
  fs::create_directories(data_ / "train/empty");
  EXPECT_NE(error_of([&] { open(); }).find("holds no pictures"), std::string::npos);
  EXPECT_NE(error_of([&] { open("test"); }).find("no split 'test'"), std::string::npos);
  write_file(data_ / "train/empty/x.png", "text");
  EXPECT_NE(error_of([&] { open(); }).find("none of the pictures can be decoded"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder_ / "cache"));
}

TEST_F(DatasetTest, AValClassThatTrainLacksIsAnError) {
  put_picture(data_ / "train/cat/a.png", 1);
  put_picture(data_ / "val/cow/a.png", 1);
  EXPECT_NE(error_of([&] { open("val"); }).find("a class 'cow' that train/ lacks"), std::string::npos);
}

TEST_F(DatasetTest, ReadsIdxPlainAndPacked) {
  fs::create_directories(data_);
  write_file(data_ / "train-images-idx3-ubyte", idx_bytes({3, 2, 2}, "abcdefghijkl"));
  write_file(data_ / "train-labels-idx1-ubyte", idx_bytes({3}, std::string("\x02\x00\x09", 3)));
  put_packed(data_ / "t10k-images-idx3-ubyte.gz", idx_bytes({1, 2, 2}, "wxyz"));
  put_packed(data_ / "t10k-labels-idx1-ubyte.gz", idx_bytes({1}, "\x01"));
  const Dataset train = open(), val = open("val");
  EXPECT_EQ(train.count * 1000 + train.height * 100 + train.width * 10 + train.channels, 3221);
  EXPECT_EQ(train.classes, (std::vector<int32_t>{2, 0, 9}));
  EXPECT_EQ(train.labels[9], "9");
  EXPECT_EQ(std::string(train.image(1), train.image(1) + 4), "efgh");
  EXPECT_EQ(std::string(val.image(0), val.image(0) + 4), "wxyz");
  EXPECT_EQ(open("train", {.size = 4, .channels = 3}).image_size(), 48);
  EXPECT_EQ(open("train", {.max_images = 2}).count, 2);

  fs::rename(data_, folder_ / "fashion-mnist");
  data_ = folder_ / "fashion-mnist";
  EXPECT_EQ(open().labels[9], "ankle boot");
}

TEST_F(DatasetTest, BrokenIdxFilesAreNamed) {
  fs::create_directories(data_);
  write_file(data_ / "train-images-idx3-ubyte", idx_bytes({3, 2, 2}, "abcd"));
  EXPECT_NE(error_of([&] { open(); }).find("train-images-idx3-ubyte > holds 4 bytes where its header says 12"), std::string::npos);
  write_file(data_ / "train-images-idx3-ubyte", idx_bytes({1, 2, 2}, "abcd"));
  EXPECT_NE(error_of([&] { open(); }).find("train-labels-idx1-ubyte > is missing"), std::string::npos);
  write_file(data_ / "train-labels-idx1-ubyte", idx_bytes({2}, "ab"));
  EXPECT_NE(error_of([&] { open(); }).find("has 1 images but 2 labels"), std::string::npos);

  fs::remove(data_ / "train-images-idx3-ubyte");
  put_packed(data_ / "whole.gz", idx_bytes({1, 2, 2}, "abcd"));
  const std::string packed = read_file(data_ / "whole.gz");
  write_file(data_ / "train-images-idx3-ubyte.gz", packed.substr(0, packed.size() - 10));
  EXPECT_NE(error_of([&] { open(); }).find("train-images-idx3-ubyte.gz > "), std::string::npos);
}

// Everything that the header names changes it; where the folder lies does not.
TEST_F(DatasetTest, TheFingerprintKnowsWhatIsTrainedOn) {
  put_picture(data_ / "train/cat/a.png", 1);
  put_picture(data_ / "train/dog/b.png", 2);
  const Dataset set = open();
  const std::string first = set.fingerprint();
  EXPECT_EQ(open().fingerprint(), first);
  const auto changed = [&](const std::function<void(Dataset&)>& change) {
    Dataset other = set;
    change(other);
    return other.fingerprint() != first;
  };
  EXPECT_TRUE(changed([](Dataset& d) { d.labels[1] = "wolf"; }));
  EXPECT_TRUE(changed([](Dataset& d) { std::swap(d.classes[0], d.classes[1]); }));
  EXPECT_TRUE(changed([](Dataset& d) { d.height /= 2, d.width *= 2; }));
  EXPECT_TRUE(changed([](Dataset& d) { d.count = 1, d.classes.pop_back(); }));
  EXPECT_TRUE(changed([](Dataset& d) {
    const std::shared_ptr<uint8_t[]> pixels(new uint8_t[static_cast<size_t>(d.count * d.image_size())]);
    std::copy_n(d.pixels.get(), d.count * d.image_size(), pixels.get());
    pixels[static_cast<size_t>(d.count * d.image_size() - 1)] ^= 1;
    d.pixels = {pixels, pixels.get()};
  }));
  EXPECT_NE(open("train", {.size = 4}).fingerprint(), first);

  fs::rename(data_, folder_ / "moved");
  data_ = folder_ / "moved";
  EXPECT_EQ(open().fingerprint(), first);
}

// More pictures than are read: other pictures are known all the same.
TEST(DatasetFingerprint, ReadsAShareOfManyPictures) {
  Dataset set{.count = 3000, .height = 224, .width = 224, .channels = 1, .labels = {"a"}};
  set.classes.assign(3000, 0);
  ASSERT_GT(set.count * set.image_size(), 2 * Dataset::kFingerprintBytes);
  const auto filled = [&](uint8_t value) {
    const auto bytes = static_cast<size_t>(set.count * set.image_size());
    const std::shared_ptr<uint8_t[]> pixels(new uint8_t[bytes]);
    std::fill_n(pixels.get(), bytes, value);
    set.pixels = {pixels, pixels.get()};
    return set.fingerprint();
  };
  const std::string ones = filled(1);
  EXPECT_EQ(filled(1), ones);
  EXPECT_NE(filled(2), ones);
}

}  // namespace
}  // namespace phosphene

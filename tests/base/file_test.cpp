#include "phosphene/base/file.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"

namespace phosphene {
namespace {

TEST(Sha256, AgreesWithThePublishedVectors) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(File, WritesReadsAndHashes) {
  const TemporaryFolder folder;
  const std::string content("a\0b\n", 4);
  write_file(folder / "x", content);
  EXPECT_EQ(read_file(folder / "x"), content);
  EXPECT_EQ(sha256_of_file(folder / "x"), sha256(content));
  EXPECT_FALSE(std::filesystem::exists(folder / "x.tmp"));
}

TEST(File, AFailureWhileProducingLeavesTheOldContent) {
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  EXPECT_THROW(write_file(folder / "x",
                          [](std::ostream& out) {
                            out << "half";
                            throw Error("stop");
                          }),
               Error);
  EXPECT_EQ(read_file(folder / "x"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder / "x.tmp"));
}

TEST(File, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  const TemporaryFolder folder;
  write_file(folder / "x", "old");
  std::filesystem::create_symlink("/dev/full", folder / "x.tmp");
  EXPECT_NE(error_of([&] { write_file(folder / "x", "new"); }).find("No space left"), std::string::npos);
  EXPECT_EQ(read_file(folder / "x"), "old");
}

TEST(File, ErrorsNameTheFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_file(folder / "none"); }).find((folder / "none").string()), 0u);
  EXPECT_NE(error_of([&] { read_file(folder.path()); }).find("is a folder"), std::string::npos);
  EXPECT_NE(error_of([&] { write_file(folder / "no/x", "y"); }).find("cannot be created"), std::string::npos);
  write_file(folder / "x", "{");
  EXPECT_NE(error_of([&] { read_json(folder / "x"); }).find("is not JSON"), std::string::npos);
  EXPECT_NE(error_of([&] { make_output_folder(folder / "x"); }).find("cannot be made a folder"), std::string::npos);
}

TEST(File, JsonKeepsItsOrder) {
  const TemporaryFolder folder;
  write_json(folder / "x.json", {{"z", 1}, {"a", {1, 2}}});
  EXPECT_EQ(read_json(folder / "x.json").dump(), R"({"z":1,"a":[1,2]})");
}

TEST(File, MakesNestedFolders) {
  const TemporaryFolder folder;
  make_output_folder(folder / "a/b");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "a/b"));
}

TEST(File, SafeNames) { EXPECT_EQ(file_safe("conv1/7x7_s2:0"), "conv1_7x7_s2_0"); }

TEST(Npy, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, -2.5f, 3, 4, 5, 6};
  write_npy(folder / "x.npy", {2, 3}, values);
  const Array array = read_npy(folder / "x.npy");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(array.values, values);
  // The very bytes that numpy.save writes.
  const std::string bytes = read_file(folder / "x.npy");
  EXPECT_EQ(bytes.size(), 128u + 24u);
  EXPECT_EQ(bytes.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(bytes[127], '\n');
}

TEST(Npy, ReadsOtherTypesAndShapes) {
  const TemporaryFolder folder;
  const auto save = [&](const std::string& type, const std::string& shape, const std::string& data) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header.append(118 - header.size() - 1, ' ').append("\n");
    write_file(folder / "x.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + data);
    return folder / "x.npy";
  };
  EXPECT_EQ(read_npy(save("|u1", "(3,)", "\x01\x02\xff")).values, (std::vector<float>{1, 2, 255}));
  EXPECT_EQ(read_npy(save("<i8", "()", std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8))).values, (std::vector<float>{-2}));
  EXPECT_TRUE(read_npy(save("<f4", "(0, 4)", "")).values.empty());
  const double value = 0.25;
  EXPECT_EQ(read_npy(save("<f8", "(1,)", std::string(reinterpret_cast<const char*>(&value), 8))).values, (std::vector<float>{0.25f}));
  EXPECT_THROW(read_npy(save("<c8", "(1,)", "12345678")), Error);
  EXPECT_THROW(read_npy(save("<f4", "(2,)", "1234")), Error);
  EXPECT_THROW(read_npy(save("<f4", "(9223372036854775807, 4)", "1234")), Error);
}

TEST(Npy, RejectsWhatIsNotAnArray) {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", "hello, this is text");
  EXPECT_NE(error_of([&] { read_npy(folder / "x.npy"); }).find("is not an npy file"), std::string::npos);
  write_file(folder / "x.npy", std::string("\x93NUMPY\x01\x00\xff\x00{'descr", 17));
  EXPECT_THROW(read_npy(folder / "x.npy"), Error);
}

// It was an exception of the standard library.
TEST(Npy, AHeaderThatEndsAfterAKeyIsRefused) {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", std::string("\x93NUMPY\x01\x00\x08\x00'descr':", 18));
  EXPECT_NE(error_of([&] { read_npy(folder / "x.npy"); }).find("ends after 'descr' in its npy header"), std::string::npos);
}

}  // namespace
}  // namespace phosphene

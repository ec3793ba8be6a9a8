// Photos: the real pictures that an atlas compares with, as the network sees them, one at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

class Photos {
 public:
  // Every picture below a folder. Folders in it are classes, if every picture lies in one; of a data set with a split "val" (train/ and
  // val/, Tiny ImageNet, IDX) these. `most`: a fixed random choice of so many; 0: all. Error when there are none.
  Photos(const std::filesystem::path& folder, int64_t most, const Model& network);

  int64_t count() const { return static_cast<int64_t>(files_.size()); }
  const std::vector<std::string>& classes() const { return classes_; }                        // empty: none
  int64_t class_of(int64_t photo) const { return files_[static_cast<size_t>(photo)].label; }  // -1: none
  const std::string& name(int64_t photo) const { return files_[static_cast<size_t>(photo)].name; }
  // SHA-256 of the names, classes and sizes in bytes of all files.
  const std::string& hash() const { return hash_; }
  // The photos of the sample (docs/atlas-format.md), ascending.
  std::vector<int64_t> sample() const;

  // Decoded, resized and cropped to what the network takes. Error when the file is broken.
  Image read(int64_t photo) const;

 private:
  struct File {
    std::string name;  // below the folder
    int32_t label = -1;
    int64_t entry = 0;  // of an IDX data set
  };
  std::filesystem::path folder_;
  std::vector<File> files_;
  std::vector<std::string> classes_;
  std::string hash_;
  Preprocess preprocess_;  // with the size of the network's picture
  Dataset idx_;            // where the folder is one of IDX files; else empty
};

}  // namespace phosphene

// Data set: labelled pictures of one size, 8 bits, ready to be read in any order.
//
// Layouts that open_dataset knows, by what lies in the folder:
//
//     Tiny ImageNet   wnids.txt, words.txt, train/<wnid>/images/*.JPEG, val/images/* with val/val_annotations.txt;
//                     classes in sorted wnid order
//     IDX             train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-* ("val"), each plain or .gz:
//                     MNIST, Fashion-MNIST
//     class folders   train/<class>/* and val/<class>/*; or <class>/* alone, or train/ alone: then every class
//                     gives 5 % (always the same pictures) to "val"
//     pictures        *.jpg, *.png: one class
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace phosphene {

struct Dataset {
  int64_t count = 0, height = 0, width = 0, channels = 0;
  std::vector<std::string> labels;        // names of the classes
  std::vector<int32_t> classes;           // of each image, an index of labels
  std::shared_ptr<const uint8_t> pixels;  // [count, height, width, channels], in memory or mapped from the cache
  int64_t skipped = 0;                    // files that could not be decoded

  int64_t image_size() const { return height * width * channels; }
  // SHA-256, in hex, of: count, height, width, channels; the labels; the class of every picture; the pixels of whole pictures, spread
  // evenly over the data, of kFingerprintBytes together (of every picture where all have fewer). Another folder of equal size, another
  // order, size or choice of pictures gives another fingerprint. A change in a picture that is not read is not seen. Names, places and
  // times of files do not count.
  std::string fingerprint() const;
  static constexpr int64_t kFingerprintBytes = 64 << 20;
  const uint8_t* image(int64_t i) const { return pixels.get() + i * image_size(); }
};

struct DatasetOptions {
  std::string split = "train";  // or "val"
  int64_t size = 0;             // square pixels: shorter side resized, then the centre; 0: as the files are, which must then agree
  int64_t max_images = 0;       // a fixed random choice of so many; 0: all
  int64_t channels = 0;         // 1 grey, 3 RGB; 0: 1 for IDX, 3 for pictures
  std::filesystem::path cache;  // folder of packed pixels; empty: $PHOSPHENE_CACHE, else ~/.cache/phosphene
};

// Pictures are decoded once, in parallel, into a packed file of the cache; the next call with the same files and options maps it. A file
// that cannot be decoded is left out and named in a warning. Error when the folder is missing, empty, of no known layout or nothing can be
// decoded.
Dataset open_dataset(const std::filesystem::path& path, const DatasetOptions& options = {});

}  // namespace phosphene

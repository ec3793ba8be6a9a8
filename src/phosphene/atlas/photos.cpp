#include "phosphene/atlas/photos.h"

#include <algorithm>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/rng.h"
#include "phosphene/base/text.h"
#include "phosphene/synth/picture_space.h"
#include "phosphene/train/idx.h"
#include "phosphene/train/listing.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostSample = 2048;

// Tiny ImageNet and folders with train/ and val/ have a listing of "val"; any other folder is listed whole.
Listing list_photos(const fs::path& folder) {
  if (std::optional<Listing> tiny = list_tiny_imagenet(folder, "val")) return std::move(*tiny);
  if (fs::is_directory(folder / "train") && fs::is_directory(folder / "val")) return list_class_folders(folder, "val");
  Listing listing;
  const std::vector<fs::path> files = pictures_below(folder);
  if (files.empty()) throw Error("holds no pictures", "give a folder with JPEG, PNG or WebP files").at(folder.string());
  const auto class_of = [&](const fs::path& file) {
    const fs::path below = file.lexically_relative(folder);
    return below.has_parent_path() ? below.begin()->string() : std::string();
  };
  const bool labelled = std::ranges::none_of(files, [&](const fs::path& file) { return class_of(file).empty(); });
  for (const fs::path& file : files) {
    const std::string name = labelled ? class_of(file) : "";
    if (labelled && (listing.labels.empty() || listing.labels.back() != name)) listing.labels.push_back(name);
    listing.files.push_back({file, labelled ? static_cast<int32_t>(listing.labels.size()) - 1 : -1});
  }
  for (std::string& label : listing.labels) label = as_utf8(label);
  return listing;
}

Image as_colour(const Image& grey) {
  Image colour = Image::blank(grey.height, grey.width, 3);
  for (size_t i = 0; i < grey.pixels.size(); ++i) std::fill_n(&colour.pixels[3 * i], 3, grey.pixels[i]);
  return colour;
}

std::vector<int64_t> chosen(int64_t count, int64_t most, const char* purpose) {
  std::vector<int64_t> order = Rng(0, purpose).permutation(count);
  if (most > 0 && most < count) order.resize(static_cast<size_t>(most));
  std::ranges::sort(order);
  return order;
}

}  // namespace

Photos::Photos(const fs::path& folder, int64_t most, const Model& network) : folder_(folder) {
  const PictureSpace space = input_space(network);
  preprocess_ = space.preprocess;
  preprocess_.height = space.height, preprocess_.width = space.width;
  if (!fs::is_directory(folder)) throw Error("is no folder", "give a folder with pictures").at(folder.string());
  std::vector<File> all;
  std::string text;
  if (std::optional<Dataset> idx = read_idx_dataset(folder, {.split = "val"})) {
    idx_ = std::move(*idx);
    classes_ = idx_.labels;
    for (int64_t i = 0; i < idx_.count; ++i) all.push_back({fmt::format("{}", i), idx_.classes[static_cast<size_t>(i)], i});
    text = idx_.fingerprint();
  } else {
    Listing listing = list_photos(folder);
    classes_ = std::move(listing.labels);
    for (const ListedFile& listed : listing.files) {
      std::error_code ignored;
      all.push_back(
          {listed.file.lexically_relative(folder).string(), listed.label, static_cast<int64_t>(fs::file_size(listed.file, ignored))});
    }
  }
  for (const int64_t i : chosen(static_cast<int64_t>(all.size()), most, "subset")) files_.push_back(std::move(all[static_cast<size_t>(i)]));
  for (const File& file : files_) text += fmt::format("{}\t{}\t{}\n", as_utf8(file.name), file.label, file.entry);
  hash_ = sha256(text);
}

std::vector<int64_t> Photos::sample() const { return chosen(count(), kMostSample, "sample"); }

Image Photos::read(int64_t photo) const {
  const File& file = files_[static_cast<size_t>(photo)];
  const int64_t channels = preprocess_.channels();
  Image image;
  if (idx_.count > 0) {
    image = Image::blank(idx_.height, idx_.width, idx_.channels);
    std::memcpy(image.pixels.data(), idx_.image(file.entry), image.pixels.size());
    if (channels == 3 && image.channels == 1) image = as_colour(image);
  } else {
    image = read_image(folder_ / file.name, channels);
  }
  if (image.height == preprocess_.height && image.width == preprocess_.width) return image;
  if (preprocess_.resize > 0) return resize_and_crop(image, preprocess_.resize, preprocess_.height, preprocess_.width);
  // The largest centre of the network's proportions: nothing is squeezed.
  return resize(centre_crop(image, std::min(image.height, image.width * preprocess_.height / preprocess_.width),
                            std::min(image.width, image.height * preprocess_.width / preprocess_.height)),
                preprocess_.height, preprocess_.width);
}

}  // namespace phosphene

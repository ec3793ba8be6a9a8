// From a folder to pixels: find the layout, list the files, then map the packed pixels of that listing or decode them.
#include "phosphene/train/dataset.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/rng.h"
#include "phosphene/train/idx.h"
#include "phosphene/train/listing.h"
#include "phosphene/train/pixel_cache.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

// A fixed random choice of `wanted` of `count` indices, ascending; all when wanted is 0.
std::vector<int64_t> chosen(int64_t count, const DatasetOptions& options) {
  std::vector<int64_t> order = Rng(0, "subset").permutation(count);
  if (options.max_images > 0 && options.max_images < count) order.resize(static_cast<size_t>(options.max_images));
  std::sort(order.begin(), order.end());
  return order;
}

template <typename T>
std::vector<T> selected(const std::vector<T>& all, const std::vector<int64_t>& indices) {
  std::vector<T> some;
  for (const int64_t i : indices) some.push_back(all[i]);
  return some;
}

// Names every file with its size and time, and every option that changes a pixel.
std::string key_of(const Listing& listing, const DatasetOptions& options) {
  std::string text = fmt::format("size {} channels {} upright\n", options.size, options.channels);
  for (const std::string& label : listing.labels) text += label + "\n";
  for (const ListedFile& listed : listing.files) {
    std::error_code code;
    const auto size = fs::file_size(listed.file, code);
    const auto time = fs::last_write_time(listed.file, code).time_since_epoch().count();
    text += fmt::format("{}\t{}\t{}\t{}\n", listed.file.string(), size, time, listed.label);
  }
  return sha256(text);
}

Image fitted(Image image, int64_t size) {
  if (size == 0 || (image.height == size && image.width == size)) return image;
  return resize_and_crop(image, size, size, size);
}

// The size that all images get: the option's, or that of the first file that can be decoded.
void find_size(Dataset& set, const Listing& listing, int64_t size) {
  set.height = set.width = size;
  for (size_t i = 0; size == 0 && i < listing.files.size(); ++i) try {
      const Image image = read_image(listing.files[i].file, set.channels);
      set.height = image.height, set.width = image.width;
      return;
    } catch (const Error&) {  // counted and named when all are decoded
    }
}

Dataset decode(const Listing& listing, const DatasetOptions& options, const fs::path& file, const std::string& key) {
  Dataset set;
  set.count = static_cast<int64_t>(listing.files.size());
  set.channels = options.channels;
  set.labels = listing.labels;
  for (const ListedFile& listed : listing.files) set.classes.push_back(listed.label);
  find_size(set, listing, options.size);

  std::mutex mutex;
  std::vector<std::string> broken;
  set = write_pixel_cache(file, key, set, [&, height = set.height, width = set.width](int64_t i, uint8_t* pixels) {
    Image image;
    try {
      image = fitted(read_image(listing.files[i].file, options.channels), options.size);
    } catch (const Error& error) {
      const std::lock_guard lock(mutex);
      broken.push_back(error.what());
      return false;
    }
    if (image.height != height || image.width != width)
      throw Error(fmt::format("is {} x {} where others are {} x {}", image.height, image.width, height, width),
                  "give a size to resize all to")
          .at(listing.files[i].file.string());
    std::memcpy(pixels, image.pixels.data(), image.pixels.size());
    return true;
  });
  std::sort(broken.begin(), broken.end());
  for (const std::string& line : broken) log_warning("left out: " + line);
  return set;
}

Dataset open_pictures(Listing listing, DatasetOptions options) {
  if (options.channels == 0) options.channels = 3;
  listing.files = selected(listing.files, chosen(static_cast<int64_t>(listing.files.size()), options));
  const std::string key = key_of(listing, options);
  const fs::path folder = options.cache.empty() ? default_cache_folder() : options.cache;
  const fs::path file = folder / fmt::format("pixels-{}.bin", key.substr(0, 16));
  if (std::optional<Dataset> cached = map_pixel_cache(file, key)) {
    if (cached->skipped)
      log_warning(fmt::format("{} of {} pictures could not be decoded and are left out", cached->skipped, listing.files.size()));
    return *cached;
  }
  return decode(listing, options, file, key);
}

Dataset subset(const Dataset& all, const DatasetOptions& options) {
  if (options.max_images == 0 || options.max_images >= all.count) return all;
  const std::vector<int64_t> indices = chosen(all.count, options);
  Dataset some = all;
  some.count = static_cast<int64_t>(indices.size());
  some.classes = selected(all.classes, indices);
  const std::shared_ptr<uint8_t[]> pixels(new uint8_t[static_cast<size_t>(some.count * some.image_size())]);
  for (int64_t i = 0; i < some.count; ++i)
    std::memcpy(pixels.get() + i * some.image_size(), all.image(indices[i]), static_cast<size_t>(some.image_size()));
  some.pixels = std::shared_ptr<const uint8_t>(pixels, pixels.get());
  return some;
}

}  // namespace

Dataset open_dataset(const fs::path& path, const DatasetOptions& options) {
  if (options.split != "train" && options.split != "val") throw Error(fmt::format("no split '{}'", options.split), "give train or val");
  if (options.channels != 0 && options.channels != 1 && options.channels != 3)
    throw Error(fmt::format("{} channels", options.channels), "give 1 for grey or 3 for colour");
  if (options.size < 0 || options.max_images < 0) throw Error("a size or number of images below 0", "give 0 or more");
  if (!fs::exists(path)) throw Error("does not exist", "give the folder of a data set").at(path.string());
  if (!fs::is_directory(path)) throw Error("is not a folder", "give the folder of a data set").at(path.string());
  try {
    if (const std::optional<Dataset> idx = read_idx_dataset(path, options)) return subset(*idx, options);
    const fs::path folder = fs::canonical(path);
    if (std::optional<Listing> listing = list_tiny_imagenet(folder, options.split)) return open_pictures(std::move(*listing), options);
    return open_pictures(list_class_folders(folder, options.split), options);
  } catch (const fs::filesystem_error& error) {
    throw Error(error.code().message(), "check that the folder may be read").at(error.path1().string());
  }
}

}  // namespace phosphene

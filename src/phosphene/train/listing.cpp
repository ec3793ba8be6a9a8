// Class folders: the classes are the sorted names of the folders of train/ (or of the folder itself). Without a val/ folder each class of n
// pictures gives the first max(1, n / 20) of a fixed permutation to "val" (none when n = 1).
#include "phosphene/train/listing.h"

#include <algorithm>
#include <cctype>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/rng.h"
#include "phosphene/base/text.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kHoldOutOneIn = 20;

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool is_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png" || extension == ".webp";
}

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !hidden(entry.path())) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

enum class Share { kAll, kTrain, kHeldOut };

void append(Listing& listing, const fs::path& folder, int32_t label, Share share) {
  const std::vector<fs::path> files = pictures_below(folder);
  const int64_t count = static_cast<int64_t>(files.size());
  std::vector<bool> held_out(files.size(), false);
  if (share != Share::kAll && count > 1) {
    const std::vector<int64_t> order = Rng(0, "hold-out", static_cast<uint64_t>(label)).permutation(count);
    for (int64_t i = 0; i < std::max<int64_t>(1, count / kHoldOutOneIn); ++i) held_out[order[i]] = true;
  }
  for (int64_t i = 0; i < count; ++i)
    if (share == Share::kAll || held_out[i] == (share == Share::kHeldOut)) listing.files.push_back({files[i], label});
}

}  // namespace

std::vector<fs::path> pictures_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (hidden(entry->path()) && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden(entry->path()) && is_picture(entry->path()) && entry->is_regular_file()) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Listing list_class_folders(const fs::path& folder, const std::string& split) {
  const bool has_train = fs::is_directory(folder / "train"), has_val = fs::is_directory(folder / "val");
  if (has_val && !has_train) throw Error("has val/ but no train/", "put the training pictures into train/CLASS/").at(folder.string());
  const fs::path classes_folder = has_train ? folder / "train" : folder;

  Listing listing;
  listing.labels = folders_in(classes_folder);
  const bool classless = listing.labels.empty();
  if (classless) listing.labels = {fs::absolute(folder).lexically_normal().filename().string()};

  const bool own_val = has_val && split == "val";
  const fs::path source = own_val ? folder / "val" : classes_folder;
  if (own_val && !classless)
    for (const std::string& name : folders_in(source))
      if (!std::binary_search(listing.labels.begin(), listing.labels.end(), name))
        throw Error(fmt::format("has a class '{}' that train/ lacks", name), "make the class folders of both agree").at(source.string());
  const Share share = has_val ? Share::kAll : split == "val" ? Share::kHeldOut : Share::kTrain;
  for (size_t i = 0; i < listing.labels.size(); ++i) {
    const fs::path from = classless ? source : source / listing.labels[i];
    const size_t before = listing.files.size();
    if (fs::is_directory(from)) append(listing, from, static_cast<int32_t>(i), share);
    if (!classless && listing.files.size() == before && share != Share::kHeldOut)
      log_warning(fmt::format("{}: class {} has no JPEG, PNG or WebP", source.string(), listing.labels[i]));
  }
  for (std::string& label : listing.labels) label = as_utf8(label);
  if (listing.files.empty())
    throw Error(fmt::format("holds no pictures for the split '{}'", split),
                "give a folder with CLASS/*.jpg or *.png, or train/ and val/ of such")
        .at(source.string());
  return listing;
}

}  // namespace phosphene

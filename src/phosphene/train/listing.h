// Listing: which picture files belong to a split of a data set, and their classes, before anything is decoded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phosphene {

struct ListedFile {
  std::filesystem::path file;
  int32_t label = 0;  // index of Listing::labels
};

struct Listing {
  std::vector<std::string> labels;
  std::vector<ListedFile> files;  // sorted by class, then by name
};

// The listing of "train" or "val"; nothing when the folder has no wnids.txt. Error when it has one and the rest does not fit.
std::optional<Listing> list_tiny_imagenet(const std::filesystem::path& folder, const std::string& split);

// Class folders or bare pictures. Error when there are no pictures.
Listing list_class_folders(const std::filesystem::path& folder, const std::string& split);

// Every .jpg, .jpeg and .png (any case) below a folder, sorted; hidden files are left out.
std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& folder);

}  // namespace phosphene

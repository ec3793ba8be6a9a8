// Pixel cache: the packed pixels of one listing in one file that is mapped into memory.
#pragma once

#include <functional>
#include <optional>

#include "phosphene/train/dataset.h"

namespace phosphene {

// cache_folder(). Error when there is none.
std::filesystem::path default_cache_folder();

// Nothing when the file is missing, of another version or key, or not whole.
std::optional<Dataset> map_pixel_cache(const std::filesystem::path& file, const std::string& key);

// Writes `set` (everything but its pixels) and its pixels beside the file, renames and maps it. `decode(i, pixels)` fills image i and says
// whether it could; it runs on many threads. Images that it could not decode are left out. Error when the disk is full or none is left.
Dataset write_pixel_cache(const std::filesystem::path& file, const std::string& key, Dataset set,
                          const std::function<bool(int64_t, uint8_t*)>& decode);

}  // namespace phosphene

// The cache folder: files that phosphene can make again.
#pragma once

#include <filesystem>

namespace phosphene {

// $PHOSPHENE_CACHE, else $XDG_CACHE_HOME/phosphene, else ~/.cache/phosphene; empty when none of them is set. It need not exist.
std::filesystem::path cache_folder();

}  // namespace phosphene

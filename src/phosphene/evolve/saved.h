// A file of evolutions, written whole or not at all.
//
// Format: the line "phosphene evolution 1", a line of JSON {"request": {...}, "values": [count ...]}, then the values of each evolution
// (Evolution::save()) as float64, little-endian.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "phosphene/base/file.h"

namespace phosphene {

// `request`: what the evolutions were made with.
void save_evolutions(const std::filesystem::path& file, const Json& request, const std::vector<std::vector<double>>& values);

// nullopt where there is no file. Error for a damaged file, and for one of another request: it names the first field that differs.
std::optional<std::vector<std::vector<double>>> saved_evolutions(const std::filesystem::path& file, const Json& request);

}  // namespace phosphene

// Class labels from a text file: one a line in class order; what follows a line's first comma is a longer name and is left out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phosphene {

std::vector<std::string> read_labels(const std::filesystem::path& file);

}  // namespace phosphene

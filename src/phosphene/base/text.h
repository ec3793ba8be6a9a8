// Text of files and of file names as UTF-8, which is what everything that phosphene writes has.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace phosphene {

bool is_utf8(std::string_view bytes);
// U+FFFD stands for every byte that belongs to no character.
std::string as_utf8(std::string_view bytes);

// The text of a file: UTF-8 with or without a mark at its start, or UTF-16 with one. Error (file > line > what) for any other encoding.
std::string read_text(const std::filesystem::path& file);
// Its lines, without the ends that any system writes; a last empty line does not count.
std::vector<std::string> read_lines(const std::filesystem::path& file);

}  // namespace phosphene

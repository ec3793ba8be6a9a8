// Files: atomic writes, whole reads, JSON, npy arrays, hashes. Every failure is an Error that names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace phosphene {

using Json = nlohmann::ordered_json;

std::string read_file(const std::filesystem::path& file);
// Writes FILE.tmp, flushes it to disk, renames: a reader sees the old content or the new, never half. A full disk is an Error and leaves
// the old.
void write_file(const std::filesystem::path& file, std::string_view content);
// The same with content produced piece by piece.
void write_file(const std::filesystem::path& file, const std::function<void(std::ostream&)>& produce);
// Creates the folder and its parents, and makes sure that a file can be written there. Error otherwise.
void make_output_folder(const std::filesystem::path& folder);

Json read_json(const std::filesystem::path& file);
// Indented by `indent`, -1 for one line; bytes that are no UTF-8 (of file names) become U+FFFD.
std::string json_text(const Json& json, int indent = 2);
void write_json(const std::filesystem::path& file, const Json& json);  // indented by 2

// NumPy .npy, version 1.0, little-endian float32, C order (reading also takes float64 and integers, converted).
struct Array {
  std::vector<int64_t> shape;
  std::vector<float> values;
};
Array read_npy(const std::filesystem::path& file);
void write_npy(const std::filesystem::path& file, const std::vector<int64_t>& shape, std::span<const float> values);

// Hex SHA-256 of bytes; of a file's content.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& file);

// "conv1/7x7_s2:0" -> "conv1_7x7_s2_0": characters outside [A-Za-z0-9._-] become _.
std::string file_safe(std::string_view name);

}  // namespace phosphene

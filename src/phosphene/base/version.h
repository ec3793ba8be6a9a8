// The version of phosphene: results.json and its page name it, and measured lanes are kept for one version. tests/documents.py
// checks that CMakeLists.txt has the same.
#pragma once

namespace phosphene {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace phosphene

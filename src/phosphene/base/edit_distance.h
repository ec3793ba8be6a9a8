// How far apart two names are, to find what somebody meant.
#pragma once

#include <cstddef>
#include <string>

namespace phosphene {

// Levenshtein's distance: the fewest insertions, deletions and replacements that turn a into b.
size_t edit_distance(const std::string& a, const std::string& b);

}  // namespace phosphene

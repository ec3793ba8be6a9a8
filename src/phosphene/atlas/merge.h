// Merge: the parts of an atlas become one file.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "phosphene/base/file.h"

namespace phosphene {

struct MergeReport {
  int64_t pictures = 0, jobs = 0;      // in the merged file; in its plan
  int64_t added = 0;                   // pictures that this merge brought
  std::vector<int64_t> missing_parts;  // of which no file was merged, or which are not done
  bool whole = false;                  // everything is drawn and read: it can be measured
};

// Adds what each part has and `out` lacks; makes `out` where it is not there. A part is added whole or not at all, and a second time
// changes nothing. Error, before that part is touched, when a file is no atlas, or of another plan: the message names the first difference.
MergeReport merge_atlases(std::span<const std::filesystem::path> parts, const std::filesystem::path& out);

}  // namespace phosphene

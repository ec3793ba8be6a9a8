// Priors side by side: the same units of the same network, one row a prior (or control), with what is measured of its pictures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/judge/pictures.h"
#include "phosphene/judge/verdict.h"

namespace phosphene {

struct ComparedRow {
  std::string name;
  std::vector<PictureRecord> pictures;
  std::optional<double> seconds;  // of the search; absent where a part of it was there before
  bool control = false;           // a control, with which priors are compared
  PictureMeasures measures;
  std::optional<Verdict> verdict;
};

// A table in Markdown; columns that no row fills are left out.
std::string comparison_table(const std::vector<ComparedRow>& rows);
Json comparison_json(const std::vector<ComparedRow>& rows);
// The first row's kernel distance over the least of the other priors'; nothing where there is none above zero.
std::optional<double> kernel_ratio(const std::vector<ComparedRow>& rows);
// A row of pictures a prior, a column a unit (its first seed, at most `columns`), with names.
Image comparison_grid(const std::vector<ComparedRow>& rows, size_t columns = 20);

}  // namespace phosphene

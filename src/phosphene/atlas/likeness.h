// Likeness: which units answer alike, and a 2-d map of a layer.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace phosphene {

// One row a unit: what it answers to each picture of the sample, or the code of its picture.
using UnitRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Each row less its mean, of length 1, so that the product of two rows is their correlation; a constant row becomes zero. With `centred`
// false the mean stays: then the product is the cosine.
void normalise(UnitRows& rows, bool centred = true);

struct NearUnit {
  int64_t layer = 0, unit = 0;
  double similarity = 0;
};

// The `count` rows of `others` with the highest product with each row of `rows`, the highest first (of equals the lower unit). `skip_self`:
// row i of both is the same unit, which is left out, as are rows that are zero.
std::vector<std::vector<NearUnit>> nearest(const UnitRows& rows, const UnitRows& others, int64_t layer_of_others, bool skip_self,
                                           size_t count);

// Of each row of either side the nearest of the other (of equals the lower unit), layer 0; a similarity of 0 with unit 0 for a row of
// zeros.
struct NearestOfBoth {
  std::vector<NearUnit> rows, others;
};
NearestOfBoth nearest_of_both(const UnitRows& rows, const UnitRows& others);

// First two principal components of the rows, each divided by its largest magnitude, whose sign becomes positive: [rows, 2] in -1 ... 1.
std::vector<std::pair<double, double>> map_of(const UnitRows& rows);

}  // namespace phosphene

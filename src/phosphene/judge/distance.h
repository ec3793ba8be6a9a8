// Distances between two sets of pictures in a judge's features, and the variety inside one.
#pragma once

#include <vector>

#include "phosphene/judge/features.h"

namespace phosphene {

// Frechet distance: |mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)), A and B the covariances (Heusel et al. 2017, arXiv 1706.08500, eq. 6).
// It is too high for few pictures: a set of fewer pictures than features has a covariance without full rank.
double frechet_distance(const Features& a, const Features& b);

// Kernel distance: the unbiased squared maximum mean discrepancy for k(x, y) = (x.y / size + 1)^3 (Binkowski et al. 2018, arXiv 1801.01401,
// section 4), over all pairs, with the jackknife's standard error: each picture of either set left out once. Needs 2 pictures a set.
struct KernelDistance {
  double value = 0, error = 0;
};
KernelDistance kernel_distance(const Features& a, const Features& b);

// Mean distance |x - y| over all pairs of these pictures; at least 2.
double mean_distance(const Features& features, const std::vector<int64_t>& pictures);

}  // namespace phosphene

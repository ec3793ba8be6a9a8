// What a user should know of a model before searching it.
#pragma once

#include <string>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

// A sentence each: a softmax at the end, preprocessing that is assumed, several inputs, an open size, units whose weights are all zero,
// weights that are no finite numbers or very large, nodes that cannot be computed and what they cost.
std::vector<std::string> warnings(const Model& model);

}  // namespace phosphene

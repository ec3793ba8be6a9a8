// The units of a layer, and their addresses as users write them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

// Units of a layer: its channels (unit_axis.h says on which axis).
int64_t unit_count(const Model& model, const std::string& layer);
// "3,17-20", "all" -> indices; Error names the valid range [0, count).
std::vector<int64_t> parse_units(const std::string& text, int64_t count);

}  // namespace phosphene

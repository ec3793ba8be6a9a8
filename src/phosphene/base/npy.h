// What stands before the values of an .npy file, for arrays that are written piece by piece; whole ones: file.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace phosphene {

// Of little-endian float32 in C order; the values follow at once.
std::string npy_header(const std::vector<int64_t>& shape);

}  // namespace phosphene

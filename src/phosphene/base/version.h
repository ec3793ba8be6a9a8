// The version that results and model files name; the same as the CMake project's.
#pragma once

namespace phosphene {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace phosphene

// Picture: 8-bit pixels.
#pragma once

#include <cstdint>
#include <vector>

namespace phosphene::api {

struct Picture {
  int64_t height = 0, width = 0;
  int64_t channels = 0;         // 1: grey, 3: red, green, blue
  std::vector<uint8_t> pixels;  // [height, width, channels], 0 to 255
};

}  // namespace phosphene::api

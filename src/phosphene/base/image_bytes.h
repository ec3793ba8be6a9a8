// Picture files in memory.
#pragma once

#include <string>
#include <string_view>

#include "phosphene/base/image.h"

namespace phosphene {

// As read_image() of a file with these bytes. Error when they are no JPEG, PNG or WebP, or broken.
Image decode_image(std::string_view bytes, int64_t channels = 3);

// WebP files of RGB or grey pictures; a grey one is stored with three equal channels. Lossless keeps every pixel. quality: 0 to 100. The
// same picture gives the same bytes. Error for a side above 16383 pixels.
std::string webp_lossless(const Image& image);
std::string webp_lossy(const Image& image, float quality);

}  // namespace phosphene

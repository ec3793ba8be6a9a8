// How a camera was held, as picture files say it.
#pragma once

#include <string_view>

#include "phosphene/base/image.h"

namespace phosphene {

// The Exif orientation of a JPEG, PNG or WebP file, 1 to 8; 1 where the file does not say.
int exif_orientation(std::string_view file);

// The picture as it is to be seen: turned and mirrored as the orientation says.
Image upright(Image image, int orientation);

}  // namespace phosphene

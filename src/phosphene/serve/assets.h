// Assets: the files of the folder web/, which the build puts into the library: page, script, style, icon.
#pragma once

#include <optional>
#include <string_view>

#include "phosphene/serve/resource.h"

namespace phosphene {

// "index.html", "app.js", "app.css" or "icon.svg"; nothing for any other name.
std::optional<Resource> find_asset(std::string_view name);

}  // namespace phosphene

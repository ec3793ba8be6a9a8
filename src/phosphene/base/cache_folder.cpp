#include "phosphene/base/cache_folder.h"

#include <cstdlib>

namespace phosphene {

std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* value = std::getenv(name);
    return value ? value : "";
  };
  if (const auto own = variable("PHOSPHENE_CACHE"); !own.empty()) return own;
  if (const auto shared = variable("XDG_CACHE_HOME"); !shared.empty()) return shared / "phosphene";
  if (const auto home = variable("HOME"); !home.empty()) return home / ".cache" / "phosphene";
  return {};
}

}  // namespace phosphene

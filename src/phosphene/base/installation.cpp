// CMake compiles two folders in: PHOSPHENE_INSTALLED_MODELS, as it is seen from the folder of the library, and PHOSPHENE_SOURCE_MODELS.
#include "phosphene/base/installation.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>

#include "phosphene/base/context.h"

namespace phosphene {

namespace fs = std::filesystem;

fs::path own_file() {
  Dl_info info;
  link_map* loaded = nullptr;
  const bool found = dladdr1(reinterpret_cast<const void*>(&own_file), &info, reinterpret_cast<void**>(&loaded), RTLD_DL_LINKMAP);
  // A library has a name; the program itself has none.
  const bool in_library = found && loaded && loaded->l_name && *loaded->l_name;
  std::error_code unknown;
  return fs::canonical(in_library ? loaded->l_name : "/proc/self/exe", unknown);
}

fs::path models_folder() {
  if (!context().models.empty()) return context().models;
  if (const char* folder = std::getenv("PHOSPHENE_MODELS")) return folder;
  std::error_code unknown;
  const fs::path installed = (own_file().parent_path() / PHOSPHENE_INSTALLED_MODELS).lexically_normal();
  return fs::is_directory(installed, unknown) ? installed : fs::path(PHOSPHENE_SOURCE_MODELS);
}

}  // namespace phosphene

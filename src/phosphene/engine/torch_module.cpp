// The module has its own copy of the rungs below; program and module meet in the virtual functions of Engine and Program, in plain structs,
// and in Error, which C++ recognises by its name.
//
// It is loaded with names of its own (RTLD_LOCAL | RTLD_DEEPBIND): a libtorch may hold another oneDNN or protobuf than the program, under
// the same names.
#include "phosphene/engine/torch_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <optional>

#include "phosphene/base/error.h"
#include "phosphene/base/installation.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "libphosphene_torch.so";
constexpr const char* kRebuild =
    "install the package phosphene-torch; or install libtorch-dev, or name an unpacked libtorch in CMAKE_PREFIX_PATH, and build phosphene "
    "again";

// Installed: in the library's folder of modules. In a build tree: beside the library, and one above the tests.
std::optional<fs::path> module_file() {
  std::error_code unknown;
  const fs::path folder = own_file().parent_path();
  for (const fs::path& place : {folder / "phosphene", folder, folder.parent_path()})
    if (fs::exists(place / kModule, unknown)) return place / kModule;
  return std::nullopt;
}

using Door = const Engine* (*)(const char* name);

Door open_module() {
  const auto file = module_file();
  if (!file) throw Error("this build has no torch engine", kRebuild);
  void* module = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (!module) throw Error(fmt::format("the torch engine does not load: {}", dlerror()), kRebuild);
  const auto door = reinterpret_cast<Door>(dlsym(module, "phosphene_torch_engine"));
  if (!door) throw Error(fmt::format("{} is no torch engine", file->string()), kRebuild);
  return door;
}

}  // namespace

bool is_torch_engine(const std::string& name) { return name == "torch" || name == "torch:cuda"; }

std::vector<std::string> torch_engine_names() {
  if (!module_file()) return {};
  return {"torch", "torch:cuda"};
}

const Engine& torch_engine(const std::string& name) {
  static const Door door = located("engine " + name, [] { return open_module(); });
  return *door(name.c_str());
}

}  // namespace phosphene

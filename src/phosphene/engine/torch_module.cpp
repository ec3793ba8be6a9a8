// The module stands in the program's own folder, or for programs in a folder of it (the tests) one above.
//
// It is loaded with names of its own (RTLD_LOCAL | RTLD_DEEPBIND): a libtorch may hold another oneDNN or protobuf than the program, under
// the same names.
#include "phosphene/engine/torch_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <optional>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "libphosphene_torch.so";
constexpr const char* kRebuild = "install libtorch-dev, or name an unpacked libtorch in CMAKE_PREFIX_PATH, and build phosphene again";

std::optional<fs::path> module_file() {
  std::error_code unknown;
  const fs::path folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const fs::path& place : {folder / kModule, folder.parent_path() / kModule})
    if (fs::exists(place, unknown)) return place;
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

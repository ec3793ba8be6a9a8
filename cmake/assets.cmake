# Writes OUT, the source of find_asset(): the files of the folder WEB in the library. The modules *.js become one script, app.js, without imports and
# exports, since a page that is opened from a disk may load no modules; main.js comes last. The style sheets become app.css.
file(GLOB modules ${WEB}/*.js)
list(REMOVE_ITEM modules ${WEB}/main.js)
file(GLOB styles ${WEB}/*.css)

set(script "\"use strict\";\n{\n") # in a block no name may be defined twice
foreach(module ${modules} ${WEB}/main.js)
  file(READ ${module} text)
  string(REGEX REPLACE "\nimport [^;]*;" "" text "\n${text}")
  string(REGEX REPLACE "\nexport " "\n" text "${text}")
  string(APPEND script "${text}")
endforeach()
string(APPEND script "}\n")

set(style "")
foreach(sheet ${styles})
  file(READ ${sheet} text)
  string(APPEND style "${text}")
endforeach()

file(READ ${WEB}/index.html page)
file(READ ${WEB}/icon.svg icon)
file(WRITE ${OUT} "// Made by cmake/assets.cmake.
#include \"phosphene/serve/assets.h\"

namespace phosphene {

namespace {

struct Asset {
  std::string_view name;
  const char* type;
  std::string_view bytes;
};

constexpr Asset kAssets[] = {
  {\"index.html\", \"text/html; charset=utf-8\", R\"asset(${page})asset\"},
  {\"app.js\", \"application/javascript; charset=utf-8\", R\"asset(${script})asset\"},
  {\"app.css\", \"text/css; charset=utf-8\", R\"asset(${style})asset\"},
  {\"icon.svg\", \"image/svg+xml\", R\"asset(${icon})asset\"},
};

}  // namespace

std::optional<Resource> find_asset(std::string_view name) {
  for (const Asset& asset : kAssets)
    if (asset.name == name) return Resource{asset.type, std::make_shared<const std::string>(asset.bytes), false};
  return std::nullopt;
}

}  // namespace phosphene
")

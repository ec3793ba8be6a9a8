// Where this copy of phosphene lies, and the files that come with it.
#pragma once

#include <filesystem>

namespace phosphene {

// The file that holds this code, links resolved: libphosphene.so, or the program that it was linked into.
std::filesystem::path own_file();

// Folder of the embedded models: the context's (context.h); else $PHOSPHENE_MODELS; else the one that was installed with this copy,
// share/phosphene/models; else, in a build tree, the source's.
std::filesystem::path models_folder();

}  // namespace phosphene

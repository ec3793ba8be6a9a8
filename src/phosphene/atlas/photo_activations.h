// Activations of whole layers on the photos of a folder, for pictures that stand in no atlas.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "phosphene/judge/real_activations.h"

namespace phosphene {

// By layer. `folder`: as Photos takes it. Each photo is decoded and shown to the network once; those that cannot be decoded are left out
// with a warning. Error if none is left.
std::map<std::string, RealActivations> photo_activations(const Model& network, const std::set<std::string>& layers,
                                                         const std::filesystem::path& folder, const std::string& engine);

}  // namespace phosphene

// What a server takes from an atlas to compute with: a file that may come from a stranger names the network and the settings, so it is
// trusted with nothing but these.
#pragma once

#include <memory>

#include "phosphene/atlas/atlas.h"
#include "phosphene/run/session.h"

namespace phosphene {

// The recipe with which a layer was drawn. Error for a layer that was not drawn, and for a recipe that reads files other than the network
// and the prior.
Recipe recipe_of(const Atlas& atlas, int64_t layer);

// The network that the recipe names. Error if it cannot be loaded, or if its hash is not the one that the atlas says; the error tells
// nothing of what the file holds.
std::shared_ptr<const Model> network_of(const Atlas& atlas, const Recipe& recipe, Session& session);

}  // namespace phosphene

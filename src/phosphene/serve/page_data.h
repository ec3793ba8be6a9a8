// Page data: what the pages show of an atlas, as JSON. Layers are named by their id, since a name may hold any character; the JSON says the
// name. Figures that an atlas lacks are null or absent.
#pragma once

#include <optional>

#include "phosphene/atlas/atlas.h"
#include "phosphene/base/file.h"

namespace phosphene {

// Of the list of atlases: network, prior, data, judge, progress, layers, edges.
Json summary_json(const Atlas& atlas);
// Of the network's page: for each layer some units, those with the best verdict first.
Json overview_json(const Atlas& atlas);
// Of the wall: a column an array, a row a unit. Nothing where there is no such layer.
std::optional<Json> layer_json(const Atlas& atlas, int64_t layer);
// Of a unit's page. Nothing where there is no such unit.
std::optional<Json> unit_json(const Atlas& atlas, int64_t layer, int64_t unit);
// Of a class's page. Nothing where there is no such class.
std::optional<Json> class_json(const Atlas& atlas, int64_t class_id);
// Of the search by name: [layer, unit, label, class that excites it most] of all units that have either, and the classes.
Json names_json(const Atlas& atlas);

}  // namespace phosphene

// Content hash: one text for everything that an atlas says, so that two atlases can be compared to the bit.
#pragma once

#include <string>

#include "phosphene/atlas/database.h"

namespace phosphene {

// SHA-256, hex, of all tables but the bookkeeping, as docs/atlas-format.md spells it. Two builds of one plan have the same, however they
// were interrupted, shared among parts or ordered.
std::string content_hash(const Database& database);

}  // namespace phosphene

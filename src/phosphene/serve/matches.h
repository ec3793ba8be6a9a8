// Matches: which units of two layers answer alike to the same real pictures (atlas/diff.h), for the page that compares two atlases.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "phosphene/serve/readers.h"
#include "phosphene/serve/resource.h"

namespace phosphene {

// A layer of an atlas.
struct LayerOfReaders {
  const Readers& readers;
  int64_t layer = 0;
};

class Matches {
 public:
  // JSON: "matched" [[unit of A, unit of B, correlation], ...], "vanished" and "appeared" [[unit, nearest of the other, correlation], ...],
  // the least alike first, "pictures" of the sample; or only "reason" why they cannot be compared. Nothing where a layer is missing.
  // Pairs are worked out one at a time and kept as long as neither file changes; many threads may ask.
  std::optional<Resource> find(const LayerOfReaders& a, const LayerOfReaders& b) const;

 private:
  mutable std::mutex mutex_;
  mutable std::map<std::string, Resource> known_;
};

}  // namespace phosphene

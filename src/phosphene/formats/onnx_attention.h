// What attention in its forms is made of. For the sources of formats/ only.
#pragma once

#include <cstdint>
#include <string>

#include "phosphene/formats/onnx_compound.h"

namespace phosphene {

// [batch, positions, heads * features] -> [batch, heads, positions, features], and back.
std::string split_heads(Compound& c, const std::string& x, int64_t heads);
std::string joined_heads(Compound& c, const std::string& y);
// [batch, few, positions, features] -> every head `times` in a row.
std::string repeated_heads(Compound& c, const std::string& x, int64_t times);

// Which keys a query sees, and how scores are changed before the softmax.
struct Scores {
  float scale = 0;  // 0: 1 / sqrt(features)
  float softcap = 0;
  std::string mask;            // added, or where it is bool, kept where true; "" for none. Keys behind its end are hidden
  bool causal = false;         // query i sees the keys up to i + offset
  int64_t left = -1;           // -1, or how far back from i + offset a query sees
  int64_t right = -1;          // the same ahead
  int64_t offset = 0;          // keys before the first query
  std::string filled;          // [batch]: how many keys are there, the rest being padding; "" for all. The offset is then filled - queries
  std::string *raw = nullptr,  // where wanted: the scores before softcap, after it, after masks, and the softmax
      *capped = nullptr, *masked = nullptr, *shares = nullptr;
};

// softmax(scale q k' + mask) v of [batch, heads, positions, features]. A query that sees no key gives zeros. Error for open sizes where
// they are needed.
std::string attended(Compound& c, const std::string& q, const std::string& k, const std::string& v, const Scores& by);

// Error when one of these inputs is there.
void refuse_inputs(const Compound& c, std::initializer_list<size_t> inputs, const char* what);
// Error for an attribute beyond those that are known, unless it is a whole number that is 0 and switches nothing on.
void refuse_other_attributes(const Compound& c, std::initializer_list<const char*> known);

}  // namespace phosphene

// A table of things that have a name: each is one object in a file of its own, and one line in the table.
//
//     PHOSPHENE_TABLE(all_rules, Rule,
//                     kDgnAm,     // rules/dgn_am.cpp
//                     kMomentum,  // rules/momentum.cpp
//                     kAdam)      // rules/adam.cpp
//
// defines Table<Rule> all_rules() of these objects, in this order. A file defines its own: extern const Rule kAdam = {...};
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "phosphene/base/error.h"

namespace phosphene {

template <typename T>
using Table = std::span<const std::reference_wrapper<const T>>;

// Error that lists the names. `what` is one of them, in words.
template <typename T>
const T& find_named(Table<T> table, std::string_view what, const std::string& name) {
  std::string names;
  for (const T& entry : table) {
    if (name == entry.name) return entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw Error(fmt::format("there is no {} \"{}\"", what, name), fmt::format("{}s are {}", what, names));
}

}  // namespace phosphene

#define PHOSPHENE_TABLE(function, Type, ...)                                      \
  extern const Type __VA_ARGS__;                                                  \
  Table<Type> function() {                                                        \
    static constexpr std::reference_wrapper<const Type> kTable[] = {__VA_ARGS__}; \
    return kTable;                                                                \
  }

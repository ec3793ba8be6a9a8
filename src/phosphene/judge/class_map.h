// Class map: which class of a judge is a class of the network under study.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace phosphene {

// One entry a class of `ours`; nothing where the judge has no such class.
using ClassMap = std::vector<std::optional<int64_t>>;

// Classes of the same name; upper and lower case, '_' and ' ' are the same. A name that one side has twice maps nothing.
ClassMap map_by_name(const std::vector<std::string>& ours, const std::vector<std::string>& theirs);
// A text file with a line for each of our classes in order: the number of the judge's class, or "-". Error with the line's number.
ClassMap read_class_map(const std::string& file, int64_t ours, int64_t theirs);

}  // namespace phosphene

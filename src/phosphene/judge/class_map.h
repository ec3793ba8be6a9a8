// Class map: which class of a judge is a class of the network under study.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace phosphene {

// One entry a class of `ours`; nothing where the judge has no such class.
using ClassMap = std::vector<std::optional<int64_t>>;

// Classes of the same name; upper and lower case, '_' and ' ' are the same. A name that begins with a WordNet id ("n02085620-Chihuahua") is
// known by the id and by what follows. A name that one side has twice maps nothing.
ClassMap map_by_name(const std::vector<std::string>& ours, const std::vector<std::string>& theirs);
// The labels by other names: a text file with lines "LABEL NAME, OTHER NAMES" (ImageNet's LOC_synset_mapping.txt, Tiny ImageNet's
// words.txt). A label that it lacks stays. Error with the line's number.
std::vector<std::string> renamed(const std::vector<std::string>& labels, const std::string& file);
// A text file with a line for each of our classes in order: the number of the judge's class, or "-". Error with the line's number.
ClassMap read_class_map(const std::string& file, int64_t ours, int64_t theirs);

// Labels of a network and how many classes it has; labels that are fewer name nothing.
struct NamedClasses {
  const std::vector<std::string>& labels;
  int64_t count = 0;
};
// As `file` says, else by the names of both. Without either it maps nothing, and the log warns.
ClassMap classes_between(const NamedClasses& ours, const NamedClasses& theirs, const std::string& file);

}  // namespace phosphene

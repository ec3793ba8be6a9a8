#include "phosphene/judge/class_map.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/text.h"

namespace phosphene {

namespace {

std::string plain(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// "n02085620" in front of a name, as ImageNet's folders and lists have it; 0 where there is none.
size_t wordnet_id(const std::string& text) {
  constexpr size_t kLength = 9;
  if (text.size() < kLength || text[0] != 'n') return 0;
  const bool digits = std::all_of(text.begin() + 1, text.begin() + kLength, [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits && (text.size() == kLength || !std::isalnum(static_cast<unsigned char>(text[kLength]))) ? kLength : 0;
}

// What a class may be known by: its whole name, or the first of several ("tench, Tinca tinca"); its WordNet id and the name behind it.
std::vector<std::string> names_of(const std::string& label) {
  const std::string name = plain(label);
  const size_t id = wordnet_id(name);
  std::vector<std::string> names;
  if (id > 0) names.push_back(name.substr(0, id));
  const size_t rest = id > 0 ? name.find_first_not_of(" -:\t", id) : 0;
  if (rest == std::string::npos) return names;
  names.push_back(name.substr(rest));
  if (const size_t comma = name.find(',', rest); comma != std::string::npos) names.push_back(name.substr(rest, comma - rest));
  return names;
}

// Where each name stands; -1 where it stands twice.
std::map<std::string, int64_t> places(const std::vector<std::string>& labels) {
  std::map<std::string, int64_t> found;
  for (size_t i = 0; i < labels.size(); ++i)
    for (const std::string& name : names_of(labels[i])) {
      const auto [entry, fresh] = found.emplace(name, static_cast<int64_t>(i));
      if (!fresh) entry->second = -1;
    }
  return found;
}

}  // namespace

ClassMap map_by_name(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
  const auto mine = places(ours), other = places(theirs);
  ClassMap map;
  for (const std::string& label : ours) {
    map.emplace_back();
    for (const std::string& name : names_of(label)) {
      const auto found = other.find(name);
      if (!map.back() && found != other.end() && found->second >= 0 && mine.at(name) >= 0) map.back() = found->second;
    }
  }
  return map;
}

std::vector<std::string> renamed(const std::vector<std::string>& labels, const std::string& file) {
  std::map<std::string, std::string> names;
  int64_t number = 0;
  for (const std::string& line : read_lines(file)) {
    ++number;
    const size_t gap = line.find_first_of("\t ");
    if (line.empty()) continue;
    const size_t name = gap == std::string::npos ? gap : line.find_first_not_of("\t ", gap);
    if (name == std::string::npos)
      throw Error(fmt::format("{} > line {} has one column", file, number), "write a folder, a space or tab, and the label of its class");
    names[line.substr(0, gap)] = line.substr(name);
  }
  std::vector<std::string> result = labels;
  for (std::string& label : result)
    if (const auto known = names.find(label); known != names.end()) label = known->second;
  return result;
}

ClassMap read_class_map(const std::string& file, int64_t ours, int64_t theirs) {
  ClassMap map;
  for (std::string line : read_lines(file)) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (line == "-") {
      map.emplace_back();
      continue;
    }
    int64_t number = -1;
    const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (failure != std::errc() || end != line.data() + line.size() || number < 0 || number >= theirs)
      throw Error(fmt::format("{} > line {} is no class of the judge", file, map.size() + 1),
                  fmt::format("write a number from 0 to {}, or -", theirs - 1));
    map.emplace_back(number);
  }
  if (static_cast<int64_t>(map.size()) != ours)
    throw Error(fmt::format("{} > it has {} lines for {} classes", file, map.size(), ours), "write a line a class");
  return map;
}

ClassMap classes_between(const NamedClasses& ours, const NamedClasses& theirs, const std::string& file) {
  const auto named = [](const NamedClasses& classes) { return static_cast<int64_t>(classes.labels.size()) == classes.count; };
  if (!file.empty()) return read_class_map(file, ours.count, theirs.count);
  if (named(ours) && named(theirs)) return map_by_name(ours.labels, theirs.labels);
  log_warning("the classes of the network and of its judge have no common names: no transfer (--class-map, --judge-labels)");
  return ClassMap(static_cast<size_t>(ours.count));
}

}  // namespace phosphene

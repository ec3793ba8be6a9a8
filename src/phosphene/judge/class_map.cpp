#include "phosphene/judge/class_map.h"

#include <cctype>
#include <charconv>
#include <map>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

namespace {

std::string plain(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Where each name stands; -1 where it stands twice.
std::map<std::string, int64_t> places(const std::vector<std::string>& names) {
  std::map<std::string, int64_t> found;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto [entry, fresh] = found.emplace(plain(names[i]), static_cast<int64_t>(i));
    if (!fresh) entry->second = -1;
  }
  return found;
}

}  // namespace

ClassMap map_by_name(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
  const auto mine = places(ours), other = places(theirs);
  ClassMap map;
  for (const std::string& name : ours) {
    const auto found = other.find(plain(name));
    const bool both = found != other.end() && found->second >= 0 && mine.at(plain(name)) >= 0;
    map.push_back(both ? std::optional(found->second) : std::nullopt);
  }
  return map;
}

ClassMap read_class_map(const std::string& file, int64_t ours, int64_t theirs) {
  std::istringstream lines(read_file(file));
  ClassMap map;
  for (std::string line; std::getline(lines, line);) {
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

}  // namespace phosphene

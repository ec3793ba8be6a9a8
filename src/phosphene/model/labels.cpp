#include "phosphene/model/labels.h"

#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

std::vector<std::string> read_labels(const std::filesystem::path& file) {
  std::istringstream lines(read_file(file));
  std::vector<std::string> labels;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line.substr(0, line.find(',')));
  }
  if (labels.empty()) throw Error("holds no label", "write one label a line").at(file.string());
  return labels;
}

}  // namespace phosphene

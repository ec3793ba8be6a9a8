#include "phosphene/model/labels.h"

#include "phosphene/base/error.h"
#include "phosphene/base/text.h"

namespace phosphene {

std::vector<std::string> read_labels(const std::filesystem::path& file) {
  std::vector<std::string> labels;
  for (const std::string& line : read_lines(file)) labels.push_back(line.substr(0, line.find(',')));
  if (labels.empty()) throw Error("holds no label", "write one label a line").at(file.string());
  return labels;
}

}  // namespace phosphene

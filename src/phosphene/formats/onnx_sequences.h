// Lists of tensors whose length a file fixes, as the tensors that they hold. For the sources of formats/ only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "phosphene/formats/onnx_opset.h"

namespace phosphene {

class Sequences {
 public:
  // True when the node makes or reads a sequence; then it is done, with plain nodes where tensors come out of one. Error for a position or
  // a length that is not constant.
  bool convert(const Node& node, OpsetConverter& to);
  bool has(const std::string& value) const { return values_.contains(value); }

 private:
  std::vector<std::string>& at(const std::string& sequence);
  void split(const Node& node, OpsetConverter& to);
  void concatenate(const Node& node, OpsetConverter& to);

  std::map<std::string, std::vector<std::string>> values_;  // of a sequence, in order
};

}  // namespace phosphene

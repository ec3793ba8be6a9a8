// Node: one operator of a graph, with ONNX's operator names, attributes and semantics at kOpset.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "phosphene/graph/tensor.h"

namespace phosphene {

// The one ONNX opset that graphs are written in; readers convert to it.
inline constexpr int kOpset = 17;

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>, std::vector<std::string>, TensorPtr>;

// Attributes by name. The getters return `fallback` when the attribute is absent and throw an Error that names it when its type is another.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> items) : items_(items) {}

  bool has(const std::string& name) const { return items_.contains(name); }
  int64_t get_int(const std::string& name, int64_t fallback) const;
  float get_float(const std::string& name, float fallback) const;
  std::string get_string(const std::string& name, const std::string& fallback) const;
  std::vector<int64_t> get_ints(const std::string& name, const std::vector<int64_t>& fallback) const;
  std::vector<float> get_floats(const std::string& name, const std::vector<float>& fallback) const;
  std::vector<std::string> get_strings(const std::string& name, const std::vector<std::string>& fallback) const;
  TensorPtr get_tensor(const std::string& name) const;  // null when absent

  void set(const std::string& name, Attribute value) { items_[name] = std::move(value); }
  void erase(const std::string& name) { items_.erase(name); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool empty() const { return items_.empty(); }

 private:
  std::map<std::string, Attribute> items_;
};

struct Node {
  std::string name;                  // unique in its graph
  std::string op;                    // "Conv"
  std::vector<std::string> inputs;   // value names; "" stands for an optional input that is absent
  std::vector<std::string> outputs;  // value names; "" stands for an optional output that nobody wants
  Attributes attributes;

  bool has_input(size_t index) const { return index < inputs.size() && !inputs[index].empty(); }
  bool has_output(size_t index) const { return index < outputs.size() && !outputs[index].empty(); }
};

}  // namespace phosphene

// Finding patterns of nodes: who makes a value, who reads it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene::passes {

// A view of a graph that must outlive it unchanged and have its shapes.
class Matcher {
 public:
  Matcher(const Graph& graph, const std::set<std::string>& wanted);

  // The node of this operator that makes the value, or input `index` of a node; null otherwise.
  const Node* maker(const std::string& value, const char* op) const;
  const Node* maker(const Node& node, int index, const char* op) const;
  // The one element of a float weight.
  std::optional<float> scalar(const std::string& value) const;
  // The elements of an integer weight.
  std::optional<std::vector<int64_t>> integers(const std::string& value) const;
  bool is_weight(const std::string& value, const Shape& shape) const;
  const Shape& shape(const std::string& value) const { return graph_.type_of(value).shape; }

  struct User {
    const Node* node;
    std::string other;  // its other input
  };
  // The one node that reads the value, if it is of this operator with two inputs, and nobody wants the value itself.
  std::optional<User> only_user(const std::string& value, const char* op) const;

 private:
  const Graph& graph_;
  std::map<std::string, const Node*> makers_;
  std::map<std::string, std::vector<int>> users_;
  std::set<std::string> kept_;
};

// Puts each node in the place of the one that made its output; nodes that nothing needs any more go. Shapes are inferred again.
Graph replace_makers(Graph graph, std::map<std::string, Node> by_output, const std::set<std::string>& wanted);

}  // namespace phosphene::passes

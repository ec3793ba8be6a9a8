// What the numbers of a network's outputs mean, found out from the operators that make them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

enum class OutputKind {
  kClasses,         // scores of classes that exclude each other: a softmax makes probabilities of them, here or in the file
  kOneProbability,  // one sigmoid: a class, or not
  kLabels,          // independent labels, a sigmoid each
  kEmbedding,       // features: no classes
  kLabel,           // integers: the class itself, or places
  kOther,           // maps, boxes ...
};

struct OutputMeaning {
  std::string output;
  OutputKind kind = OutputKind::kOther;
  std::string scores;  // the value before the softmax or the sigmoid, which is what to search; the output itself where there is none
  std::string by;      // operator of the file that makes probabilities: "Softmax", "Sigmoid"; empty where there is none
  int64_t units = 0;   // kUnknown where the shape does not tell
  // "probabilities of 5 classes, a softmax of logits"
  std::string to_string() const;
  bool has_classes() const { return kind == OutputKind::kClasses || kind == OutputKind::kOneProbability || kind == OutputKind::kLabels; }
};

// Of one value. Needs inferred shapes.
OutputMeaning meaning_of(const Graph& graph, const std::string& output);

// The output that says what a picture shows: of the kinds in their order above the first that an output has; of several such outputs one
// with `labels` units, and then the last. With no output, an empty one.
OutputMeaning class_output(const Graph& graph, size_t labels);

// Probabilities from the scores of one item: softmax, or a sigmoid each.
std::vector<double> probabilities(OutputKind kind, std::span<const float> scores);

}  // namespace phosphene

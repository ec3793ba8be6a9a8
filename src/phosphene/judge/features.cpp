#include "phosphene/judge/features.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {

namespace {

constexpr int64_t kBatch = 16;

bool has_weights(const Graph& graph, const Node& node) {
  return (node.op == "Conv" || node.op == "Gemm" || node.op == "MatMul") && graph.weights.contains(node.inputs.at(1));
}

}  // namespace

std::string last_features(const Model& judge) {
  std::string value = judge.logits();
  while (const Node* node = judge.graph.find_producer(value)) {
    if (has_weights(judge.graph, *node)) return node->inputs[0];
    value = node->inputs.at(0);
  }
  throw Error(fmt::format("judge {} > it has no layer with weights before its output", judge.name), "name a layer with --judge-layer");
}

Features read_features(const Model& judge, const std::string& layer, int64_t count, const std::function<Image(int64_t)>& picture,
                       const std::string& engine) {
  const int64_t batch = std::min(kBatch, count);
  Preprocess preprocess = judge.preprocess;
  const Shape input = judge.input().type.shape;
  PHOSPHENE_CHECK(input.rank() == 4 && count > 0);
  if (preprocess.height == 0) preprocess.height = input[2], preprocess.width = input[3];
  if (preprocess.height <= 0 || preprocess.width <= 0)
    throw Error(fmt::format("judge {} > its image size is open", judge.name), "give it with --input-size HxW");

  std::vector<std::string> values{layer, judge.logits()};
  const Graph graph = units_first(infer_shapes(cut(bind_batch(judge.graph, batch, {preprocess.height, preprocess.width}), values)), values);
  const auto program = find_engine(engine).compile(graph, {.batch = batch, .values = values});
  const Shape shape = program->graph().type_of(values[0]).shape, scores = program->graph().type_of(values[1]).shape;
  const int64_t positions = shape.size(2, shape.rank());
  Features features{count, shape[1], scores.size() / batch, {}, {}};
  features.values.reserve(static_cast<size_t>(count * features.size));
  const std::span<float> pixels = program->input(judge.input().name);
  const size_t item = pixels.size() / static_cast<size_t>(batch);
  Progress progress("judge", count);
  for (int64_t first = 0; first < count; first += batch) {
    const int64_t here = std::min(batch, count - first);
    parallel_for(here, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) preprocess.to_values(picture(first + i), pixels.subspan(static_cast<size_t>(i) * item, item));
    });
    program->forward();
    const float* value = program->value(values[0]).data();
    for (int64_t i = 0; i < here * features.size; ++i, value += positions) {
      double sum = 0;
      for (int64_t p = 0; p < positions; ++p) sum += static_cast<double>(value[p]);
      features.values.push_back(static_cast<float>(sum / static_cast<double>(positions)));
    }
    const auto given = program->value(values[1]).first(static_cast<size_t>(here * features.classes));
    features.scores.insert(features.scores.end(), given.begin(), given.end());
    progress.update(first + here);
  }
  progress.finish();
  return features;
}

}  // namespace phosphene

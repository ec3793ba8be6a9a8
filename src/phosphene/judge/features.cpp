#include "phosphene/judge/features.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/synth/picture_space.h"

namespace phosphene {

namespace {

constexpr int64_t kBatch = 16;

bool has_weights(const Graph& graph, const Node& node) {
  return traits_of(node).kind == OpKind::kProduct && graph.weights.contains(node.inputs.at(1));
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

FeatureReader::FeatureReader(const Model& judge, const std::string& layer, const std::string& engine)
    : input_(judge.input().name), values_{layer, judge.logits()} {
  const PictureSpace space = input_space(judge);
  preprocess_ = space.preprocess;
  preprocess_.height = space.height;
  preprocess_.width = space.width;
  const Graph graph = units_first(bind_batch(cut(judge.graph, values_), kBatch, {space.height, space.width}), values_);
  program_ = find_engine(engine).compile(graph, {.batch = kBatch, .values = values_});
}

Features FeatureReader::read(int64_t count, const std::function<Image(int64_t)>& picture) {
  PHOSPHENE_CHECK(count > 0);
  const Shape shape = program_->graph().type_of(values_[0]).shape, scores = program_->graph().type_of(values_[1]).shape;
  const int64_t positions = shape.size(2, shape.rank());
  Features features{count, shape[1], scores.size() / kBatch, {}, {}};
  features.values.reserve(static_cast<size_t>(count * features.size));
  const std::span<float> pixels = program_->input(input_);
  const size_t item = pixels.size() / static_cast<size_t>(kBatch);
  Progress progress("judge", count);
  for (int64_t first = 0; first < count; first += kBatch) {
    const int64_t here = std::min(kBatch, count - first);
    parallel_for(here, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) preprocess_.to_values(picture(first + i), pixels.subspan(static_cast<size_t>(i) * item, item));
    });
    program_->forward();
    const float* value = program_->value(values_[0]).data();
    for (int64_t i = 0; i < here * features.size; ++i, value += positions) {
      double sum = 0;
      for (int64_t p = 0; p < positions; ++p) sum += static_cast<double>(value[p]);
      features.values.push_back(static_cast<float>(sum / static_cast<double>(positions)));
    }
    const auto given = program_->value(values_[1]).first(static_cast<size_t>(here * features.classes));
    features.scores.insert(features.scores.end(), given.begin(), given.end());
    progress.update(first + here);
  }
  progress.finish();
  return features;
}

}  // namespace phosphene

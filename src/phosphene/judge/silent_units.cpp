#include "phosphene/judge/silent_units.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {

std::vector<SilentUnits> silent_units(const Model& model, const Preprocess& preprocess, const std::vector<Image>& pictures,
                                      const std::string& engine) {
  CompileOptions options{.batch = possible_batch(model.graph, std::min<int64_t>(8, static_cast<int64_t>(pictures.size())))};
  std::vector<std::string> layers;
  for (const Node& node : model.graph.nodes) {
    const auto type = model.graph.types.find(node.outputs[0]);
    const int rank = type == model.graph.types.end() ? 0 : type->second.shape.rank();
    if (node.op == "Relu" && rank >= 2 && rank <= 4) layers.push_back(node.outputs[0]);
  }
  if (layers.empty()) return {};
  const auto program = located(model.name, [&] {
    options.values = layers;
    const Graph graph = units_first(bind_batch(cut(model.graph, layers), options.batch), options.values);
    return find_engine(engine).compile(graph, options);
  });
  std::vector<std::vector<float>> highest(options.values.size());
  const std::span<float> input = program->input(model.input().name);
  const auto batch = static_cast<size_t>(options.batch);
  const size_t item = input.size() / batch;
  for (size_t first = 0; first < pictures.size(); first += batch) {
    const size_t count = std::min(batch, pictures.size() - first);
    for (size_t i = 0; i < count; ++i) preprocess.to_values(pictures[first + i], input.subspan(i * item, item));
    program->forward();
    for (size_t layer = 0; layer < options.values.size(); ++layer) {
      const Shape shape = program->graph().type_of(options.values[layer]).shape;
      const auto units = static_cast<size_t>(shape[1]), positions = static_cast<size_t>(shape.size(2, shape.rank()));
      highest[layer].resize(units, 0.0f);
      const float* value = program->value(options.values[layer]).data();
      for (size_t i = 0; i < count; ++i)
        for (size_t unit = 0; unit < units; ++unit, value += positions)
          highest[layer][unit] = std::max(highest[layer][unit], *std::max_element(value, value + positions));
    }
  }
  std::vector<SilentUnits> silent;
  for (size_t layer = 0; layer < options.values.size(); ++layer) {
    SilentUnits found{.layer = layers[layer], .count = static_cast<int64_t>(highest[layer].size())};
    for (size_t unit = 0; unit < highest[layer].size(); ++unit)
      if (highest[layer][unit] <= 0) found.units.push_back(static_cast<int64_t>(unit));
    if (!found.units.empty()) silent.push_back(std::move(found));
  }
  return silent;
}

}  // namespace phosphene

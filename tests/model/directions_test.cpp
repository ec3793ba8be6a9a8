// The activation of a direction is its product with the layer's units, wherever these lie.
#include "phosphene/model/directions.h"

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/model/units.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

// x [1, dims] -> "layer", the same or what `nodes` make of it.
Model model_of(const Shape& shape, std::vector<Node> nodes) {
  Model model;
  Graph& g = model.graph;
  g.inputs = {{"x", {DataType::kFloat32, shape}}};
  g.outputs = {nodes.back().outputs[0]};
  g.nodes = std::move(nodes);
  return model;
}

// The values of the layer "layer" and of its directions, both with units first, for an input 0, 1, 2 ...
std::pair<std::vector<float>, std::vector<float>> values_of(Model model, const Array& directions) {
  model.graph = infer_shapes(std::move(model.graph));
  append_directions(model, "layer", directions);
  EXPECT_EQ(unit_count(model, "layer/directions"), directions.shape.size() == 1 ? 1 : directions.shape[0]);
  std::vector<std::string> wanted = {"layer", "layer/directions"};
  const Graph graph = units_first(model.graph, wanted);
  const auto program = find_engine("reference").compile(graph, {.batch = 1, .values = wanted});
  const std::span<float> x = program->input("x");
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  program->forward();
  const auto copied = [&](const std::string& name) {
    const auto value = program->value(name);
    return std::vector<float>(value.begin(), value.end());
  };
  return {copied(wanted[0]), copied(wanted[1])};
}

TEST(Directions, AreProductsWithTheUnitsOfMapsVectorsAndTokens) {
  const Array directions{{2, 3}, {1, 0, -1, 0.5f, 2, 0}};
  Model tokens = model_of({1, 2, 4}, {{"layer", "MatMul", {"x", "w"}, {"layer"}, {}}});
  tokens.graph.add_weight("w", random_weight({4, 3}, 1, 1));
  Model positions = model_of({1, 3, 5}, {{"layer", "Conv", {"x", "w"}, {"layer"}, {{"kernel_shape", std::vector<int64_t>{1}}}}});
  positions.graph.add_weight("w", random_weight({3, 3, 1}, 2, 1));
  const Model maps = model_of({1, 3, 2, 2}, {{"layer", "Relu", {"x"}, {"layer"}, {}}});
  const Model vector = model_of({1, 3}, {{"layer", "Relu", {"x"}, {"layer"}, {}}});
  for (const Model& model : {maps, vector, tokens, positions}) {
    const auto [layer, found] = values_of(model, directions);
    const size_t places = layer.size() / 3;
    ASSERT_EQ(found.size(), 2 * places);
    for (size_t k = 0; k < 2; ++k)
      for (size_t place = 0; place < places; ++place) {
        double sum = 0;
        for (size_t u = 0; u < 3; ++u) sum += directions.values[3 * k + u] * layer[u * places + place];
        EXPECT_NEAR(found[k * places + place], sum, 1e-5);
      }
  }
}

TEST(Directions, OneIsAVector) {
  const auto [layer, found] = values_of(model_of({1, 3}, {{"layer", "Relu", {"x"}, {"layer"}, {}}}), {{3}, {1, 1, 1}});
  EXPECT_EQ(found, std::vector<float>{3});
}

TEST(Directions, OfAnotherWidthAreAnError) {
  Model model = small_network();
  EXPECT_EQ(error_of([&] {
              append_directions(model, "fc", {{2, 4}, std::vector<float>(8)});
            }),
            "directions of 6 units were expected, as layer fc has; give an array [units], or [directions, units]");
}

}  // namespace
}  // namespace phosphene

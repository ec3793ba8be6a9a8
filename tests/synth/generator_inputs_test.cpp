// Generators with several inputs: which are searched, and which stay.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/base/file.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/program.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/priors/generator_inputs.h"

namespace phosphene {
namespace {

// y = tanh((z, label, map) A), the map flat
Graph two_and_a_map() {
  Graph graph;
  graph.name = "three";
  graph.inputs = {test::input("z", {kUnknown, 3}), test::input("label", {kUnknown, 4}), test::input("map", {kUnknown, 2, 2, 2})};
  std::vector<float> weights(15 * 6);
  Rng(5, "weights").fill_normal(weights, 0.3f);
  graph.add_weight("A", Tensor(Shape{15, 6}, weights));
  graph.nodes = {test::node("Flatten", {"map"}, "flat"), test::node("Concat", {"z", "label", "flat"}, "all", {{"axis", int64_t{1}}}),
                 test::node("MatMul", {"all", "A"}, "sum"), test::node("Tanh", {"sum"}, "y")};
  graph.outputs = {"y"};
  return infer_shapes(std::move(graph));
}

std::vector<float> y_of(const Graph& graph, const std::vector<std::pair<std::string, std::vector<float>>>& inputs, int64_t batch) {
  const auto program = find_engine("reference").compile(graph, {.batch = batch, .values = {"y"}});
  for (const auto& [name, values] : inputs) std::ranges::copy(values, program->input(name).begin());
  program->forward();
  const auto y = program->value("y");
  return {y.begin(), y.end()};
}

std::vector<float> noise(size_t size, uint64_t seed) {
  std::vector<float> values(size);
  Rng(seed, "noise").fill_normal(values);
  return values;
}

TEST(GeneratorInputs, SeveralBecomeOneCodeInTheirOrder) {
  const Graph graph = two_and_a_map(), joined = with_searched_inputs(graph, {"label=0.5"}, {"map", "z"});
  ASSERT_EQ(joined.inputs.size(), 1U);
  EXPECT_EQ(joined.inputs[0].type.shape, (Shape{kUnknown, 11}));
  const std::vector<float> code = noise(22, 1);  // two lanes
  std::vector<float> map, z;
  for (const size_t lane : {0U, 1U}) {
    map.insert(map.end(), code.begin() + static_cast<ptrdiff_t>(lane) * 11, code.begin() + static_cast<ptrdiff_t>(lane) * 11 + 8);
    z.insert(z.end(), code.begin() + static_cast<ptrdiff_t>(lane) * 11 + 8, code.begin() + static_cast<ptrdiff_t>(lane) * 11 + 11);
  }
  const std::vector<float> expected = y_of(graph, {{"z", z}, {"label", std::vector<float>(8, 0.5f)}, {"map", map}}, 2);
  EXPECT_EQ(y_of(joined, {{joined.inputs[0].name, code}}, 2), expected);
}

TEST(GeneratorInputs, OneOfThemKeepsItsNameAndTheOthersAreTheSameInEveryLane) {
  const TemporaryFolder folder;
  const std::vector<float> row = noise(4, 2), z = noise(9, 3);
  write_npy(folder / "label.npy", {1, 4}, row);
  const Graph graph = two_and_a_map();
  const Graph fixed = with_searched_inputs(graph, {"label=" + (folder / "label.npy").string(), "map=-1"}, {});
  ASSERT_EQ(fixed.inputs.size(), 1U);
  EXPECT_EQ(fixed.inputs[0].name, "z");
  std::vector<float> label;
  for (int lane = 0; lane < 3; ++lane) label.insert(label.end(), row.begin(), row.end());
  EXPECT_EQ(y_of(fixed, {{"z", z}}, 3), y_of(graph, {{"z", z}, {"label", label}, {"map", std::vector<float>(24, -1.0f)}}, 3));
}

TEST(GeneratorInputs, SaysWhatIsMissing) {
  const Graph graph = two_and_a_map();
  EXPECT_ERROR(with_searched_inputs(graph, {}, {}), "it has 3 inputs: z, label, map");
  EXPECT_ERROR(with_searched_inputs(graph, {"label=0"}, {"z"}), "it has 2 inputs: z, map");
  EXPECT_ERROR(with_searched_inputs(graph, {"label=0"}, {"noise"}), "noise: no such input");
  EXPECT_ERROR(with_searched_inputs(graph, {"labels=0"}, {"z"}), "labels > no such input");
}

TEST(GeneratorInputs, WhatTheirValuesAreAsPixelsCanBeSaid) {
  const TemporaryFolder folder;
  Model generator, network;
  generator.graph.inputs = {test::input("code", {kUnknown, 2})};
  generator.graph.add_weight("A", Tensor(Shape{2, 12}, noise(24, 4)));
  generator.graph.add_weight("shape", Tensor::ints({-1, 3, 2, 2}));
  generator.graph.nodes = {test::node("MatMul", {"code", "A"}, "flat"), test::node("Reshape", {"flat", "shape"}, "image")};
  generator.graph.outputs = {"image"};
  write_onnx(folder / "generator.onnx", {generator.graph, {}, kOpset});
  const std::string file = (folder / "generator.onnx").string();
  network.graph.inputs = {test::input("image", {kUnknown, 3, 2, 2})};
  EXPECT_EQ(preprocess_words(load_prior(file, network).picture.preprocess), "rgb range=0..1 size=2");
  EXPECT_EQ(preprocess_words(load_prior(file, network, {.preprocess = "tf"}).picture.preprocess), "tf size=2");
  EXPECT_ERROR(load_prior(file, network, {.preprocess = "minus one to one"}), "--prior-preprocess > ");
  EXPECT_ERROR(load_prior("pixel", network, {.preprocess = "tf"}), "prior pixel is no generator");
}

}  // namespace
}  // namespace phosphene

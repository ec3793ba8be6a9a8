// What a network is before it is trained.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "graph/build.h"
#include "phosphene/engine/program.h"
#include "phosphene/train/builder.h"
#include "phosphene/train/networks.h"
#include "phosphene/train/parameters.h"

namespace phosphene {
namespace {

// What the last two layers let through: a flat picture as it is, and nothing that alternates from pixel to pixel.
TEST(GeneratorNetwork, EndsInAFilterAgainstCheckerboards) {
  const Graph graph = generator_network({.code = 4, .size = 16, .channels = 3, .fully_connected = 8, .widths = {8, 8, 8}}, 1).graph;
  for (const char* name : {"drawn/rows", "image"}) {
    const Node* node = graph.find_producer(name);
    ASSERT_TRUE(node && node->op == "Conv");
    const auto taps = graph.weights.at(node->inputs[1])->floats().subspan(0, 17);
    double flat = 0, alternating = 0;
    for (size_t k = 0; k < taps.size(); ++k) flat += taps[k], alternating += k % 2 == 0 ? taps[k] : -taps[k];
    EXPECT_EQ(flat, 1);
    EXPECT_EQ(alternating, 0);
  }
}

TEST(DiscriminatorNetwork, TakesMapsOfItsOwnSizeOrOneShort) {
  DiscriminatorShape shape{.code = 8, .size = 32, .widths = {4, 6, 8}, .embedding = 8};
  shape.maps = {{"same", {kUnknown, 5, 16, 16}}, {"short", {kUnknown, 7, 7, 7}}};
  const Graph graph = infer_shapes(discriminator_network(shape, 1).graph);
  EXPECT_EQ(graph.type_of("disc1/same").shape, (Shape{kUnknown, 4, 16, 16}));
  EXPECT_EQ(graph.type_of("disc2/short").shape, (Shape{kUnknown, 6, 8, 8}));
  shape.maps.push_back({"other", {kUnknown, 5, 13, 13}});
  EXPECT_ERROR(discriminator_network(shape, 1), "no maps of the size of other");
}

TEST(GraphBuilder, AFilterTakesTheAlternatingPartAndNothingElse) {
  GraphBuilder net("filter", 1);
  const std::string x = net.input("x", {1, 2, 1, 24});
  const std::vector<float> halves{-0.25F, 0.5F, -0.25F};
  const TrainableGraph filter = net.finish({net.filter("y", x, GraphBuilder::Along::kRows, halves)});
  EXPECT_EQ(Parameters(filter, false).count(), 0);
  const auto program = find_engine("reference").compile(filter.graph, {.batch = 1, .values = {"y"}});
  const auto input = program->input("x");
  for (size_t i = 0; i < 24; ++i) input[i] = 3, input[24 + i] = i % 2 == 0 ? 1.0F : -1.0F;
  program->forward();
  for (size_t i = 1; i < 23; ++i) {
    EXPECT_NEAR(program->value("y")[i], 0, 1e-6);
    EXPECT_NEAR(program->value("y")[24 + i], input[24 + i], 1e-6);
  }
}

// A flat picture stays flat: every output position sums the same weights, whichever of the stride's phases it lies in.
TEST(GraphBuilder, ATransposedConvolutionStartsWithoutACheckerboard) {
  GraphBuilder net("net", 0);
  const std::string input = net.input("x", {kUnknown, 16, 4, 4});
  const Graph graph = net.finish({net.transposed_conv("up", input, {.out = 8, .kernel = 4, .stride = 2, .pad = 1}, 2)}).graph;
  const std::span<const float> w = graph.weights.at("up.weight")->floats();
  double square = 0;
  for (size_t pair = 0; pair < 16 * 8; ++pair) {
    std::array<double, 4> phase{};
    for (size_t y = 0; y < 4; ++y)
      for (size_t x = 0; x < 4; ++x) {
        phase[(y % 2) * 2 + x % 2] += w[pair * 16 + y * 4 + x];
        square += std::pow(w[pair * 16 + y * 4 + x], 2);
      }
    for (const double sum : phase) EXPECT_NEAR(sum, phase[0], 1e-6);
  }
  EXPECT_NEAR(square / (16 * 8 * 16), 2.0 / (16 * 4), 0.006);  // gain over fan-in, as for any other weight
}

// What is a mask, a running statistic or a trained weight says the builder; the graph computes with each.
TEST(ClassifierNetwork, SaysWhatItsWeightsAndInputsAreFor) {
  const TrainableGraph network = classifier_network({.size = 32, .classes = 3, .widths = {4, 4, 4, 4, 4}, .fully_connected = 6}, 1);
  EXPECT_EQ(network.masks, (std::set<std::string>{"drop6", "drop7"}));
  EXPECT_EQ(network.statistics.size(), 2u * 7);     // mean and variance of five convolutions and two fully connected layers
  EXPECT_EQ(network.trained.size(), 2u * (8 + 7));  // weight and bias of eight layers, scale and offset of seven normalisations
  for (const auto& [weight, value] : network.statistics) {
    EXPECT_TRUE(network.graph.weights.contains(weight) && network.graph.find_producer(value)) << weight;
    EXPECT_FALSE(network.trained.contains(weight));
  }
  const Graph deployed = deployed_classifier(network);
  EXPECT_EQ(deployed.inputs.size(), 1u);
  for (const Node& node : deployed.nodes) EXPECT_TRUE(node.op != "Mul" && node.op != "BatchNormalization") << node.name;
}

// Three stages of two blocks on pictures of 128 pixels: 32, 16 and 8 cells a side; what is used computes what was trained.
TEST(ResidualNetwork, HalvesFromStageToStageAndFoldsItsNormalisations) {
  const TrainableGraph network = classifier_network({.size = 128, .classes = 3, .widths = {4, 6, 8}, .blocks = 2}, 1);
  EXPECT_EQ(network.masks, std::set<std::string>{"dropped"});
  EXPECT_EQ(network.statistics.size(), 2u * (1 + 3 * 4 + 2));  // of the stem, two convolutions a block, and two shortcuts
  Graph deployed = bind_batch(deployed_classifier(network), 2);
  for (const Node& node : deployed.nodes) EXPECT_TRUE(node.op != "Mul" && node.op != "BatchNormalization") << node.name;
  EXPECT_EQ(deployed.type_of("stage1/block2").shape, (Shape{2, 4, 32, 32}));
  EXPECT_EQ(deployed.type_of("stage2/block1").shape, (Shape{2, 6, 16, 16}));
  EXPECT_EQ(deployed.type_of("stage3/block2").shape, (Shape{2, 8, 8, 8}));
  EXPECT_EQ(deployed.type_of("features").shape, (Shape{2, 8}));
  EXPECT_EQ(deployed.type_of(deployed.outputs[0]).shape, (Shape{2, 3}));
  EXPECT_ERROR(classifier_network({.size = 8, .widths = {2, 2, 2, 2, 2}, .blocks = 1}, 1), "5 stages for pictures of 8 pixels");
}

}  // namespace
}  // namespace phosphene

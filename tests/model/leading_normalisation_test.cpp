#include "phosphene/model/leading_normalisation.h"

#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {
namespace {

using test::node;

// x [N, c, 4, 4] -> the nodes, the last of which gives "y" -> Conv 3x3 "conv"
struct Network {
  Graph graph;

  explicit Network(int64_t channels = 3) {
    graph.inputs = {test::input("x", {kUnknown, channels, 4, 4})};
    graph.add_weight("w", test::counted({2, channels, 3, 3}));
    graph.outputs = {"conv"};
  }
  void constant(const std::string& name, Shape shape, std::vector<float> values) { graph.add_weight(name, Tensor(shape, values)); }
  void integers(const std::string& name, std::vector<int64_t> values) { graph.add_weight(name, Tensor::ints(values)); }
  // In words; "nothing" when no normalisation is found.
  std::string wanted(std::vector<Node> nodes) {
    graph.nodes = std::move(nodes);
    graph.nodes.push_back(node("Conv", {"y", "w"}, "conv"));
    graph = infer_shapes(graph);
    const auto found = find_leading_normalisation(graph, "x");
    if (!found) return "nothing";
    EXPECT_EQ(found->value, "y");
    return preprocess_words(parse_preprocess(found->words));
  }
};

TEST(LeadingNormalisation, MeanAndDeviationTellTheRangeAndTheOrder) {
  Network net;
  net.constant("mean", {1, 3, 1, 1}, {0.485f, 0.456f, 0.406f});
  net.constant("std", {3, 1, 1}, {0.229f, 0.224f, 0.225f});
  EXPECT_EQ(net.wanted({node("Sub", {"x", "mean"}, "a"), node("Div", {"a", "std"}, "y")}), "rgb range=0..1");
  net.constant("mean", {1, 3, 1, 1}, {123.675f, 116.28f, 103.53f});
  net.constant("std", {1, 3, 1, 1}, {58.395f, 57.12f, 57.375f});
  EXPECT_EQ(net.wanted({node("Sub", {"x", "mean"}, "a"), node("Div", {"a", "std"}, "y")}), "rgb range=0..255");
  net.constant("mean", {1, 3, 1, 1}, {-104, -117, -123});
  EXPECT_EQ(net.wanted({node("Add", {"mean", "x"}, "y")}), "bgr range=0..255");
}

TEST(LeadingNormalisation, ScalingAloneTellsTheRange) {
  Network net;
  net.constant("c", {}, {255});
  net.constant("one", {1}, {1});
  EXPECT_EQ(net.wanted({node("Div", {"x", "c"}, "y")}), "rgb range=0..255");
  EXPECT_EQ(net.wanted({node("Mul", {"c", "x"}, "y")}), "rgb range=0..1");
  net.constant("c", {}, {127.5f});
  EXPECT_EQ(net.wanted({node("Div", {"x", "c"}, "a"), node("Sub", {"a", "one"}, "y")}), "rgb range=0..255");
  EXPECT_EQ(net.wanted({node("Add", {"x", "one"}, "a"), node("Mul", {"a", "c"}, "y")}), "tf");
  EXPECT_EQ(net.wanted({node("Sub", {"one", "x"}, "y")}), "nothing");  // a negative is no normalisation
}

TEST(LeadingNormalisation, BatchNormalizationAndSingleChannelConvolutions) {
  Network net;
  net.constant("gamma", {3}, {1, 1, 2});
  net.constant("beta", {3}, {0, 0, 0});
  net.constant("mean", {3}, {120, 115, 100});
  net.constant("var", {3}, {4000, 4000, 4000});
  EXPECT_EQ(net.wanted({node("BatchNormalization", {"x", "gamma", "beta", "mean", "var"}, "y")}), "rgb range=0..255");
  net.constant("k", {3, 1, 1, 1}, {4, 4, 4});
  net.constant("b", {3}, {-2, -2, -2});
  EXPECT_EQ(net.wanted({node("Conv", {"x", "k", "b"}, "y", {{"group", int64_t{3}}})}), "rgb range=0..1");
  net.constant("swap", {3, 3, 1, 1}, {0, 0, 4, 0, 4, 0, 4, 0, 0});
  EXPECT_EQ(net.wanted({node("Conv", {"x", "swap", "b"}, "y")}), "rgb range=0..1");
  net.constant("mix", {3, 3, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(net.wanted({node("Conv", {"x", "mix", "b"}, "y")}), "nothing");
}

// Keras' mode "caffe" inside a network: RGB is turned into BGR, then the means go off.
TEST(LeadingNormalisation, ChannelsThatMoveAreFollowed) {
  Network net;
  net.integers("turned", {2, 1, 0});
  net.constant("mean", {1, 3, 1, 1}, {103.939f, 116.779f, 123.68f});
  EXPECT_EQ(net.wanted({node("Gather", {"x", "turned"}, "a", {{"axis", int64_t{1}}}), node("Sub", {"a", "mean"}, "y")}),
            "rgb range=0..255");
  net.integers("starts", {-1});
  net.integers("ends", {INT64_MIN});
  net.integers("axes", {1});
  net.integers("steps", {-1});
  EXPECT_EQ(net.wanted({node("Slice", {"x", "starts", "ends", "axes", "steps"}, "a"), node("Sub", {"a", "mean"}, "y")}),
            "rgb range=0..255");
}

// torchvision's Inception v3 takes torchvision's values and turns them into -1..1, channel by channel.
TEST(LeadingNormalisation, TorchvisionsInceptionUndoesTorchvision) {
  Network net;
  std::vector<Node> nodes;
  const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
  net.integers("axes", {1});
  for (size_t c = 0; c < 3; ++c) {
    const std::string n = std::to_string(c);
    net.graph.add_weight("i" + n, Tensor(Shape{}, std::vector<int64_t>{static_cast<int64_t>(c)}));
    net.constant("s" + n, {}, {deviation[c] / 0.5f});
    net.constant("o" + n, {}, {(mean[c] - 0.5f) / 0.5f});
    nodes.push_back(node("Gather", {"x", "i" + n}, "g" + n, {{"axis", int64_t{1}}}));
    nodes.push_back(node("Unsqueeze", {"g" + n, "axes"}, "u" + n));
    nodes.push_back(node("Mul", {"u" + n, "s" + n}, "m" + n));
    nodes.push_back(node("Add", {"m" + n, "o" + n}, "a" + n));
  }
  nodes.push_back(node("Concat", {"a0", "a1", "a2"}, "y", {{"axis", int64_t{1}}}));
  EXPECT_EQ(net.wanted(nodes), "torchvision size=224");
}

TEST(LeadingNormalisation, GreyAndUnknownMaps) {
  Network grey(1);
  grey.constant("mean", {}, {0.1307f});
  grey.constant("std", {}, {0.3081f});
  EXPECT_EQ(grey.wanted({node("Sub", {"x", "mean"}, "a"), node("Div", {"a", "std"}, "y")}), "grey range=0..1");
  Network net;
  EXPECT_EQ(net.wanted({node("Identity", {"x"}, "y")}), "nothing");
  net.constant("odd", {}, {3.7f});
  EXPECT_EQ(net.wanted({node("Mul", {"x", "odd"}, "y")}), "nothing");
  net.constant("map", {1, 1, 4, 4}, std::vector<float>(16, 0.5f));
  EXPECT_EQ(net.wanted({node("Sub", {"x", "map"}, "y")}), "nothing");  // not one number a channel
}

TEST(LeadingNormalisation, AFileWithoutMetadataGetsIt) {
  Network net;
  net.constant("mean", {1, 3, 1, 1}, {104, 117, 123});
  net.wanted({node("Sub", {"x", "mean"}, "y")});
  write_onnx(scratch("normalised.onnx"), {net.graph, {}, kOpset});
  const Model model = load_model(scratch("normalised.onnx").string());
  EXPECT_TRUE(model.preprocess_known);
  EXPECT_EQ(preprocess_words(model.preprocess), "bgr range=0..255 size=4");
  EXPECT_EQ(model.preprocess_source, "told by the normalisation that ends in y");
}

}  // namespace
}  // namespace phosphene

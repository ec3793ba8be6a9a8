// Receptive fields against pixels that are changed one by one: the reference engine says which of them a position sees.
#include <algorithm>
#include <set>

#include "graph/build.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/reference/reference_engine.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/model/receptive_field.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;

constexpr int64_t kChannels = 4, kHeight = 6, kWidth = 8;

enum class Claim { kHolds, kExact };  // the field holds every pixel that is seen, or is the smallest that does

struct Case {
  std::string name;
  std::vector<Node> nodes;  // from x [1, 4, 6, 8] to y
  std::map<std::string, Tensor> weights = {};
  Claim claim = Claim::kHolds;
};

Tensor random_weight(const Shape& shape) {
  Tensor tensor = Tensor::zeros(shape);
  Rng(1, "weight").fill_uniform(tensor.floats(), 0.5, 1.5);
  return tensor;
}

Node op(const std::string& name, std::vector<std::string> inputs, Attributes attributes = {}) {
  return node(name, std::move(inputs), "y", std::move(attributes));
}

// Pixels whose change changes y at each position: the smallest rectangle, clipped to the picture.
std::map<std::pair<int64_t, int64_t>, PixelRect> seen_by_changing(const Graph& graph) {
  const auto program = reference_engine().compile(graph, {.batch = 1, .values = {"y"}});
  const Shape shape = graph.type_of("y").shape;
  const int64_t height = shape.rank() == 4 ? shape[2] : 1, width = shape.rank() == 4 ? shape[3] : 1;
  const auto x = program->input("x");
  std::map<std::pair<int64_t, int64_t>, PixelRect> seen;
  for (uint64_t trial = 0; trial < 3; ++trial) {  // a maximum sees the others only when they are larger
    Rng(trial, "pixels").fill_uniform(x, 0.1, 0.9);
    program->forward();
    const std::vector<float> before(program->value("y").begin(), program->value("y").end());
    for (size_t pixel = 0; pixel < x.size(); ++pixel) {
      const auto row = static_cast<int64_t>(pixel) / kWidth % kHeight, column = static_cast<int64_t>(pixel) % kWidth;
      const float kept = std::exchange(x[pixel], 0.95f);
      program->forward();
      x[pixel] = kept;
      const auto after = program->value("y");
      for (size_t i = 0; i < before.size(); ++i) {
        if (after[i] == before[i]) continue;
        const auto at = shape.rank() == 4 ? static_cast<int64_t>(i) % (height * width) : 0;
        auto [rect, is_new] = seen.insert({{at / width, at % width}, {row, column, 1, 1}});
        PixelRect& r = rect->second;
        const int64_t bottom = std::max(r.y + r.height, row + 1), right = std::max(r.x + r.width, column + 1);
        r.y = std::min(r.y, row);
        r.x = std::min(r.x, column);
        r.height = bottom - r.y;
        r.width = right - r.x;
      }
    }
  }
  return seen;
}

void check(const Case& c) {
  SCOPED_TRACE(c.name);
  Graph graph;
  graph.inputs = {input("x", {1, kChannels, kHeight, kWidth})};
  for (const auto& [name, tensor] : c.weights) graph.add_weight(name, tensor);
  graph.nodes = c.nodes;
  graph.outputs = {"y"};
  graph = infer_shapes(graph);
  for (const auto& [position, seen] : seen_by_changing(graph)) {
    const PixelRect field = clip(receptive_field(graph, "x", "y", {position.first, position.second}), kHeight, kWidth);
    const std::string text = fmt::format("at {}, {}: seen {}+{}, {}+{}; said {}+{}, {}+{}", position.first, position.second, seen.y,
                                         seen.height, seen.x, seen.width, field.y, field.height, field.x, field.width);
    const bool holds = field.y <= seen.y && field.x <= seen.x && field.y + field.height >= seen.y + seen.height &&
                       field.x + field.width >= seen.x + seen.width;
    EXPECT_TRUE(c.claim == Claim::kExact ? field == seen : holds) << text;
  }
}

std::vector<Case> windows_and_products() {
  const Tensor filter = random_weight({2, 4, 3, 3}), channels = random_weight({4});
  const Ints pads(4, 1), two{2, 2}, three{3, 3};
  return {
      {"Conv", {op("Conv", {"x", "w"}, {{"pads", pads}, {"strides", two}})}, {{"w", filter}}, Claim::kExact},
      {"Conv dilated", {op("Conv", {"x", "w"}, {{"pads", Ints(4, 2)}, {"dilations", two}})}, {{"w", filter}}},
      {"ConvTranspose",
       {op("ConvTranspose", {"x", "w"}, {{"strides", two}, {"pads", pads}})},
       {{"w", random_weight({4, 2, 3, 3})}},
       Claim::kExact},
      {"MaxPool", {op("MaxPool", {"x"}, {{"kernel_shape", three}, {"strides", two}, {"pads", pads}})}, {}, Claim::kExact},
      {"AveragePool", {op("AveragePool", {"x"}, {{"kernel_shape", two}, {"strides", two}})}, {}, Claim::kExact},
      {"LpPool", {op("LpPool", {"x"}, {{"kernel_shape", two}})}, {}, Claim::kExact},
      {"GlobalAveragePool", {op("GlobalAveragePool", {"x"})}, {}, Claim::kExact},
      {"GlobalMaxPool", {op("GlobalMaxPool", {"x"})}, {}, Claim::kExact},
      {"GlobalLpPool", {op("GlobalLpPool", {"x"})}, {}, Claim::kExact},
      {"MatMul mixes columns", {op("MatMul", {"x", "w"})}, {{"w", random_weight({8, 5})}}, Claim::kExact},
      {"MatMul mixes rows", {op("MatMul", {"w", "x"})}, {{"w", random_weight({5, 6})}}, Claim::kExact},
      {"attention over positions",
       {node("Transpose", {"x"}, "t", {{"perm", Ints{0, 1, 3, 2}}}), node("MatMul", {"x", "t"}, "scores"), node("Softmax", {"scores"}, "p"),
        op("MatMul", {"p", "x"})},
       {},
       Claim::kExact},
      {"Gemm", {node("Flatten", {"x"}, "f"), op("Gemm", {"f", "w"})}, {{"w", random_weight({192, 3})}}, Claim::kExact},
      {"Einsum", {op("Einsum", {"x", "w"}, {{"equation", std::string("nchw,hk->nckw")}})}, {{"w", random_weight({6, 6})}}},
      {"channels last",
       {node("Transpose", {"x"}, "last", {{"perm", Ints{0, 2, 3, 1}}}), node("LayerNormalization", {"last", "scale"}, "norm"),
        node("MatMul", {"norm", "w"}, "product"), op("Transpose", {"product"}, {{"perm", Ints{0, 3, 1, 2}}})},
       {{"scale", channels}, {"w", random_weight({4, 5})}},
       Claim::kExact},
      {"patches as tokens",
       {node("Reshape", {"x", "flat"}, "t"), node("Relu", {"t"}, "r"), op("Reshape", {"r", "back"})},
       {{"flat", Tensor::ints({1, 4, 48})}, {"back", Tensor::ints({1, 4, 6, 8})}}},
  };
}

std::vector<Case> normalizations() {
  const Tensor channels = random_weight({4});
  const std::map<std::string, Tensor> scale_bias = {{"s", channels}, {"b", channels}};
  return {
      {"BatchNormalization", {op("BatchNormalization", {"x", "s", "b", "s", "s"})}, scale_bias, Claim::kExact},
      {"InstanceNormalization", {op("InstanceNormalization", {"x", "s", "b"})}, scale_bias, Claim::kExact},
      {"GroupNormalization", {op("GroupNormalization", {"x", "s", "b"}, {{"num_groups", int64_t{2}}})}, scale_bias, Claim::kExact},
      {"LayerNormalization of rows", {op("LayerNormalization", {"x", "s"})}, {{"s", random_weight({8})}}, Claim::kExact},
      {"LayerNormalization of items",
       {op("LayerNormalization", {"x", "s"}, {{"axis", int64_t{1}}})},
       {{"s", random_weight({8})}},
       Claim::kExact},
      {"MeanVarianceNormalization", {op("MeanVarianceNormalization", {"x"})}, {}, Claim::kExact},
      {"MeanVarianceNormalization of columns", {op("MeanVarianceNormalization", {"x"}, {{"axes", Ints{2}}})}, {}, Claim::kExact},
      {"LRN", {op("LRN", {"x"}, {{"size", int64_t{3}}, {"alpha", 1.0f}})}, {}, Claim::kExact},
      {"LpNormalization", {op("LpNormalization", {"x"}, {{"axis", int64_t{2}}})}, {}, Claim::kExact},
      {"Softmax over rows", {op("Softmax", {"x"})}, {}, Claim::kExact},
      {"Softmax over channels", {op("Softmax", {"x"}, {{"axis", int64_t{1}}})}, {}, Claim::kExact},
      {"LogSoftmax", {op("LogSoftmax", {"x"}, {{"axis", int64_t{-2}}})}, {}, Claim::kExact},
      {"Hardmax", {op("Hardmax", {"x"})}},
  };
}

std::vector<Case> moves() {
  const auto ints = [](Ints values) { return Tensor::ints(std::move(values)); };
  const Ints turned{0, 1, 3, 2};
  return {
      {"Transpose", {op("Transpose", {"x"}, {{"perm", turned}})}},
      {"Reshape splits rows", {op("Reshape", {"x", "to"})}, {{"to", ints({1, 4, 12, 4})}}},
      {"Squeeze",
       {node("ReduceMax", {"x"}, "m", {{"axes", Ints{1}}}), node("Squeeze", {"m", "at"}, "s"), op("Unsqueeze", {"s", "at"})},
       {{"at", ints({1})}},
       Claim::kExact},
      {"Slice",
       {op("Slice", {"x", "from", "to", "axes"})},
       {{"from", ints({1, 2})}, {"to", ints({5, 7})}, {"axes", ints({2, 3})}},
       Claim::kExact},
      {"Slice backwards",
       {op("Slice", {"x", "from", "to", "axes", "steps"})},
       {{"from", ints({-1})}, {"to", ints({-100})}, {"axes", ints({3})}, {"steps", ints({-2})}},
       Claim::kExact},
      {"Pad", {op("Pad", {"x", "pads"})}, {{"pads", ints({0, 0, 2, 1, 0, 0, -1, 3})}}, Claim::kExact},
      {"Pad reflects", {op("Pad", {"x", "pads"}, {{"mode", std::string("reflect")}})}, {{"pads", ints({0, 0, 2, 1, 0, 0, 0, 3})}}},
      {"Pad, then Conv",
       {node("Pad", {"x", "pads"}, "p"), op("Conv", {"p", "w"}, {{"pads", Ints(4, 1)}})},
       {{"pads", ints({0, 0, 1, 1, 0, 0, 1, 1})}, {"w", random_weight({1, 4, 3, 3})}},
       Claim::kExact},
      {"Concat of channels", {node("Relu", {"x"}, "r"), op("Concat", {"x", "r"}, {{"axis", int64_t{1}}})}, {}, Claim::kExact},
      {"Concat of rows", {node("Relu", {"x"}, "r"), op("Concat", {"x", "r"}, {{"axis", int64_t{2}}})}},
      {"rolled",
       {node("Slice", {"x", "three", "end", "axis"}, "a"), node("Slice", {"x", "zero", "three", "axis"}, "b"),
        op("Concat", {"a", "b"}, {{"axis", int64_t{3}}})},
       {{"three", ints({3})}, {"zero", ints({0})}, {"end", ints({8})}, {"axis", ints({3})}}},
      {"Split of rows", {{"s", "Split", {"x"}, {"first", "y"}, {{"axis", int64_t{2}}}}}},
      {"Gather turns rows", {op("Gather", {"x", "order"}, {{"axis", int64_t{2}}})}, {{"order", ints({5, 4, 3, 2, 1, 0})}}},
      {"Gather of channels", {op("Gather", {"x", "order"}, {{"axis", int64_t{1}}})}, {{"order", ints({3, 1})}}, Claim::kExact},
      {"GatherElements",
       {op("GatherElements", {"x", "order"}, {{"axis", int64_t{3}}})},
       {{"order", Tensor(Shape{1, 2, 2, 3}, Ints{7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4})}}},
      {"GatherND", {op("GatherND", {"x", "order"})}, {{"order", Tensor(Shape{1, 1, 6, 2}, Ints{0, 3, 0, 2, 0, 1, 0, 0, 0, 1, 0, 2})}}},
      {"Tile", {op("Tile", {"x", "repeats"})}, {{"repeats", ints({1, 2, 2, 1})}}},
      {"Expand",
       {node("ReduceMean", {"x"}, "m", {{"axes", Ints{2}}}), op("Expand", {"m", "shape"})},
       {{"shape", ints({1, 4, 6, 8})}},
       Claim::kExact},
      {"DepthToSpace", {op("DepthToSpace", {"x"}, {{"blocksize", int64_t{2}}})}, {}, Claim::kExact},
      {"SpaceToDepth", {op("SpaceToDepth", {"x"}, {{"blocksize", int64_t{2}}})}, {}, Claim::kExact},
      {"Trilu", {op("Trilu", {"x"})}, {}, Claim::kExact},
      {"ReverseSequence",
       {op("ReverseSequence", {"x", "lengths"}, {{"batch_axis", int64_t{0}}, {"time_axis", int64_t{3}}})},
       {{"lengths", ints({8})}}},
      {"Compress",
       {op("Compress", {"x", "kept"}, {{"axis", int64_t{2}}})},
       {{"kept", Tensor(Shape{6}, Ints{0, 1, 0, 1, 1, 0}, DataType::kBool)}}},
      {"Identity", {op("Identity", {"x"})}, {}, Claim::kExact},
      {"Dropout", {op("Dropout", {"x"})}, {}, Claim::kExact},
      {"Cast", {op("Cast", {"x"}, {{"to", int64_t{1}}})}, {}, Claim::kExact},
      {"CastLike", {op("CastLike", {"x", "like"})}, {{"like", Tensor::scalar(1)}}, Claim::kExact},
      {"Flatten", {op("Flatten", {"x"})}},
  };
}

std::vector<Case> reductions_and_samples() {
  std::vector<Case> cases = {
      {"ReduceMean of rows", {op("ReduceMean", {"x"}, {{"axes", Ints{2}}})}, {}, Claim::kExact},
      {"ReduceMean of channels", {op("ReduceMean", {"x"}, {{"axes", Ints{1}}})}, {}, Claim::kExact},
      {"ReduceMean of everything", {op("ReduceMean", {"x"})}, {}, Claim::kExact},
      {"ReduceSum takes its axes as an input", {op("ReduceSum", {"x", "axes"})}, {{"axes", Tensor::ints({3})}}, Claim::kExact},
      {"ReduceMean without the axis",
       {node("ReduceMean", {"x"}, "m", {{"axes", Ints{1}}, {"keepdims", int64_t{0}}}), op("Unsqueeze", {"m", "at"})},
       {{"at", Tensor::ints({1})}},
       Claim::kExact},
      {"CumSum", {op("CumSum", {"x", "axis"})}, {{"axis", Tensor(Shape{}, Ints{3})}}},
      {"TopK", {{"t", "TopK", {"x", "k"}, {"y", ""}, {{"axis", int64_t{3}}}}}, {{"k", Tensor::ints({8})}}},
      {"ArgMin",
       {node("ArgMin", {"x"}, "a", {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}), node("Cast", {"a"}, "c", {{"to", int64_t{1}}}),
        op("Unsqueeze", {"c", "at"})},
       {{"at", Tensor::ints({1})}}},
      {"ArgMax", {node("ArgMax", {"x"}, "a", {{"axis", int64_t{2}}}), op("Cast", {"a"}, {{"to", int64_t{1}}})}},
      {"GridSample", {op("GridSample", {"x", "grid"})}, {{"grid", random_weight({1, 6, 8, 2})}}},
      {"PRelu with slopes from the network", {node("Relu", {"x"}, "r"), op("PRelu", {"x", "r"})}, {}, Claim::kExact},
  };
  for (const char* name :
       {"ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"})
    cases.push_back({name, {op(name, {"x"}, {{"axes", Ints{3}}})}});
  for (const auto& [mode, claim] :
       {std::pair{"nearest", Claim::kExact}, std::pair{"linear", Claim::kHolds}, std::pair{"cubic", Claim::kHolds}})
    for (const char* transform : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"})
      for (const auto& sizes : {Ints{1, 4, 11, 16}, Ints{1, 4, 3, 8}, Ints{1, 4, 6, 3}})
        cases.push_back({fmt::format("Resize {} {} to {}x{}", mode, transform, sizes[2], sizes[3]),
                         {op("Resize", {"x", "", "", "sizes"},
                             {{"mode", std::string(mode)}, {"coordinate_transformation_mode", std::string(transform)}})},
                         {{"sizes", Tensor::ints(sizes)}},
                         claim});
  cases.push_back({"Resize antialiased",
                   {op("Resize", {"x", "", "", "sizes"}, {{"mode", std::string("linear")}, {"antialias", int64_t{1}}})},
                   {{"sizes", Tensor::ints({1, 4, 2, 3})}}});
  cases.push_back(
      {"Resize after padding",
       {node("Conv", {"x", "w"}, "c", {{"pads", Ints(4, 1)}}), op("Resize", {"c", "", "", "sizes"}, {{"mode", std::string("linear")}})},
       {{"w", random_weight({1, 4, 3, 3})}, {"sizes", Tensor::ints({1, 1, 12, 16})}}});
  return cases;
}

// Every element-wise operator of one and of two inputs.
std::vector<Case> elementwise() {
  std::vector<Case> cases;
  for (const Op& known : all_ops()) {
    const OpReach reach = traits_of(known.name).reach;
    const bool one = reach == OpReach::kSame && known.max_inputs == 1 && known.name != "Identity" && known.name != "Cast";
    const std::set<std::string> of_bools = {"Not", "And", "Or", "Xor"};
    Case c{known.name, {}, {}};
    const std::vector<std::string> operands = one ? std::vector<std::string>{"a"} : std::vector<std::string>{"a", "b"};
    if (one ||
        (reach == OpReach::kBroadcast && (known.min_inputs == 2 || known.max_inputs == kAnyNumber) && !known.name.starts_with("Bit"))) {
      const bool bools = of_bools.contains(known.name);
      c.nodes = bools ? std::vector<Node>{node("Greater", {"x", "half"}, "a"), node("Less", {"x", "column"}, "b")}
                      : std::vector<Node>{node("Mul", {"x", "half"}, "a"), node("Mul", {"x", "column"}, "b")};
      if (known.name == "Acosh") c.nodes = {node("Add", {"x", "one"}, "a")};
      c.nodes.push_back(node(known.name, operands, "made", known.name == "Mod" ? Attributes{{"fmod", int64_t{1}}} : Attributes{}));
      c.nodes.push_back(op("Cast", {"made"}, {{"to", int64_t{1}}}));
      c.weights = {{"half", Tensor::scalar(0.5f)}, {"one", Tensor::scalar(1)}, {"column", random_weight({6, 1})}};
      cases.push_back(std::move(c));
    }
  }
  const Tensor scalar = Tensor::scalar(0.3f);
  cases.push_back({"Clip", {op("Clip", {"x", "low"})}, {{"low", scalar}}, Claim::kExact});
  cases.push_back({"Where", {node("Greater", {"x", "low"}, "g"), op("Where", {"g", "x", "low"})}, {{"low", scalar}}, Claim::kExact});
  cases.push_back({"QuantizeLinear",
                   {node("QuantizeLinear", {"x", "step"}, "q"), op("DequantizeLinear", {"q", "step"})},
                   {{"step", Tensor::scalar(0.01f)}}});
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (auto cases : {windows_and_products(), normalizations(), moves(), reductions_and_samples(), elementwise()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

TEST(SourceBox, HoldsEveryPixelThatChangesTheValue) {
  for (const Case& c : all_cases()) check(c);
}

// An operator whose column claims less than everything is in a case above. These need other inputs than a picture's values.
TEST(SourceBox, EveryClaimOfTheTableIsTested) {
  std::set<std::string> tested = {"BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor"};
  for (const Case& c : all_cases())
    for (const Node& n : c.nodes) tested.insert(n.op);
  for (const Op& known : all_ops()) {
    const OpReach reach = traits_of(known.name).reach;
    const bool claims = reach != OpReach::kAll && reach != OpReach::kNothing;
    EXPECT_TRUE(!claims || tested.contains(known.name)) << known.name;
  }
}

// A shape says nothing of the pixels: a Resize to the size of another value sees no more for it.
TEST(SourceBox, ShapesAreNoPixels) {
  Graph graph;
  graph.inputs = {input("x", {1, 4, 6, 8})};
  graph.nodes = {node("Shape", {"x"}, "shape"), node("ConstantOfShape", {"shape"}, "zeros"), node("Add", {"x", "zeros"}, "y")};
  graph.outputs = {"y"};
  graph = infer_shapes(graph);
  EXPECT_EQ(receptive_field(graph, "x", "y", {2, 3}), (PixelRect{2, 3, 1, 1}));
  EXPECT_EQ(receptive_field(graph, "x", "zeros", {2, 3}), PixelRect{});
}

TEST(SourceBox, AnOperatorThatTheTableLacksSeesEverything) {
  Graph graph;
  graph.inputs = {input("x", {kUnknown, 4, 6, 8})};
  graph.nodes = {node("Relu", {"x"}, "r")};
  graph.outputs = {"r"};
  graph = infer_shapes(graph);
  EXPECT_EQ(receptive_field(graph, "x", "r", {2, 3}), (PixelRect{2, 3, 1, 1}));
  graph.nodes[0].op = "Mystery";
  EXPECT_EQ(receptive_field(graph, "x", "r", {2, 3}), (PixelRect{0, 0, 6, 8}));
}

}  // namespace
}  // namespace phosphene

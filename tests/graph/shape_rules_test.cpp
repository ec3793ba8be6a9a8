// Shapes of every family against values from the ONNX specification and PyTorch's formulas.
#include "graph/build.h"

#include "phosphene/graph/op.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;

TEST(ShapeRules, Conv) {
  EXPECT_EQ((OneNode{"Conv", {{1, 3, 227, 227}, {96, 3, 11, 11}}, {{"strides", Ints{4, 4}}}}.shape()), (Shape{1, 96, 55, 55}));
  EXPECT_EQ((OneNode{"Conv", {{2, 4, 7, 9}, {6, 2, 3, 3}}, {{"group", int64_t{2}}, {"pads", Ints{1, 0, 1, 2}}}}.shape()),
            (Shape{2, 6, 7, 9}));
  EXPECT_EQ((OneNode{"Conv", {{1, 1, 9, 9}, {1, 1, 3, 3}}, {{"dilations", Ints{2, 3}}}}.shape()), (Shape{1, 1, 5, 3}));
  EXPECT_EQ((OneNode{"Conv", {{1, 1, 7, 8}, {1, 1, 3, 3}}, {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}}}.shape()),
            (Shape{1, 1, 4, 4}));
  EXPECT_EQ((OneNode{"Conv", {{1, 3, 16}, {8, 3, 5}, {8}}}.shape()), (Shape{1, 8, 12}));
  EXPECT_EQ((OneNode{"Conv", {{kUnknown, 3, kUnknown, 8}, {8, 3, 3, 3}}}.shape()), (Shape{kUnknown, 8, kUnknown, 6}));
}

TEST(ShapeRules, ConvRejects) {
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 7, 7}}}.shape()), "the window spans 7 but the padded input has only 5");
  EXPECT_ERROR((OneNode{"Conv", {{1, 4, 5, 5}, {8, 3, 3, 3}}}.shape()), "other channels");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3}}}.shape()), "differ in rank");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3}, {8, 3}}}.shape()), "at least 3 axes");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"strides", Ints{0, 1}}}}.shape()), "attribute strides holds 0");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"strides", Ints{1}}}}.shape()), "attribute strides has 1 entries, not 2");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"pads", Ints{-1, 0, 0, 0}}}}.shape()), "attribute pads holds -1");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"dilations", Ints{INT64_MAX, 1}}}}.shape()), "attribute dilations");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"group", int64_t{0}}}}.shape()), "attribute group is 0");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"group", int64_t{3}}}}.shape()), "do not divide");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}, {7}}}.shape()), "the bias has the shape [7]");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"strides", 1.0f}}}.shape()), "attribute strides has another type");
  EXPECT_ERROR((OneNode{"Conv", {{1, 3, 5, 5}, {8, 3, 3, 3}}, {{"auto_pad", std::string("BEST")}}}.shape()), "auto_pad is \"BEST\"");
}

TEST(ShapeRules, SameUpperPutsTheOddPixelAtTheEnd) {
  const Node upper = node("Conv", {}, "y", {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2}}});
  const Window window = sliding_window(upper, Shape{1, 1, 8}, {3});
  EXPECT_EQ(window.pads_begin, Ints{0});
  EXPECT_EQ(window.pads_end, Ints{1});
  const Node lower = node("Conv", {}, "y", {{"auto_pad", std::string("SAME_LOWER")}, {"strides", Ints{2}}});
  EXPECT_EQ(sliding_window(lower, Shape{1, 1, 8}, {3}).pads_begin, Ints{1});
}

TEST(ShapeRules, ConvTranspose) {
  const Attributes dcgan = {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}};
  EXPECT_EQ((OneNode{"ConvTranspose", {{1, 64, 4, 4}, {64, 32, 4, 4}}, dcgan}.shape()), (Shape{1, 32, 8, 8}));
  Attributes odd = {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 1}}};
  EXPECT_EQ((OneNode{"ConvTranspose", {{1, 4, 5, 5}, {4, 3, 3, 3}}, odd}.shape()), (Shape{1, 3, 10, 10}));
  EXPECT_EQ((OneNode{"ConvTranspose", {{1, 4, 5, 5}, {4, 3, 3, 3}}, {{"group", int64_t{2}}}}.shape()), (Shape{1, 6, 7, 7}));
  const Node shaped = node("ConvTranspose", {}, "y", {{"output_shape", Ints{10, 8}}, {"strides", Ints{3, 2}}});
  const Window window = transposed_window(shaped, Shape{1, 1, 3, 3}, {3, 3});
  EXPECT_EQ(window.output, (Ints{10, 8}));
  EXPECT_EQ(window.pads_begin, (Ints{0, 0}));  // (3 - 1) * 3 + 3 = 9 is one short of 10: nothing is cut
  const Node same = node("ConvTranspose", {}, "y", {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2}}});
  EXPECT_EQ(transposed_window(same, Shape{1, 1, 5}, {3}).output, Ints{10});
  EXPECT_EQ(transposed_window(same, Shape{1, 1, 5}, {3}).pads_end, Ints{1});
  EXPECT_ERROR((OneNode{"ConvTranspose", {{1, 4, 1, 1}, {4, 3, 3, 3}}, {{"pads", Ints{2, 2, 2, 2}}}}.shape()), "the padding leaves");
  EXPECT_ERROR((OneNode{"ConvTranspose", {{1, 5, 1, 1}, {4, 3, 3, 3}}}.shape()), "other channels");
  EXPECT_ERROR((OneNode{"ConvTranspose", {{1, 4, 1, 1}, {4, 3, 3, 3}}, {{"output_shape", Ints{-5, 1}}}}.shape()), "output_shape");
}

TEST(ShapeRules, Pool) {
  const Attributes p3s2 = {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}};
  const Attributes ceil = {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"ceil_mode", int64_t{1}}};
  EXPECT_EQ((OneNode{"MaxPool", {{1, 96, 55, 55}}, p3s2}.shape()), (Shape{1, 96, 27, 27}));
  EXPECT_EQ((OneNode{"MaxPool", {{1, 64, 112, 112}}, p3s2}.shape()), (Shape{1, 64, 55, 55}));
  EXPECT_EQ((OneNode{"MaxPool", {{1, 64, 112, 112}}, ceil}.shape()), (Shape{1, 64, 56, 56}));
  // The third window would start at 4 + 1 in the padding, so PyTorch leaves it out.
  const Attributes clipped = {{"kernel_shape", Ints{2}}, {"strides", Ints{3}}, {"pads", Ints{1, 1}}, {"ceil_mode", int64_t{1}}};
  EXPECT_EQ((OneNode{"AveragePool", {{1, 1, 5}}, clipped}.shape()), (Shape{1, 1, 2}));
  EXPECT_EQ((OneNode{"GlobalAveragePool", {{2, 5, 7, 9}}}.shape()), (Shape{2, 5, 1, 1}));
  EXPECT_EQ((OneNode{"GlobalMaxPool", {{2, 5, kUnknown}}}.shape()), (Shape{2, 5, 1}));
  EXPECT_ERROR((OneNode{"MaxPool", {{1, 1, 8, 8}}}.shape()), "kernel_shape is missing");
  EXPECT_ERROR((OneNode{"MaxPool", {{1, 1, 8, 8}}, {{"kernel_shape", Ints{2}}}}.shape()), "the kernel has 1 axes");
  EXPECT_ERROR((OneNode{"MaxPool", {{1, 1, 8, 8}}, {{"kernel_shape", Ints{0, 2}}}}.shape()), "a kernel extent is 0");
  EXPECT_ERROR((OneNode{"MaxPool", {{1, 1, 8, 8}}, {{"kernel_shape", Ints{9, 9}}}}.shape()), "the window spans 9");
  EXPECT_ERROR((OneNode{"MaxPool", {{1, 1, 8}}, {{"kernel_shape", Ints{2}}, {"pads", Ints{2, 0}}}}.shape()), "not smaller than the window");
}

TEST(ShapeRules, Linear) {
  EXPECT_EQ((OneNode{"Gemm", {{4, 100}, {100, 10}, {10}}}.shape()), (Shape{4, 10}));
  EXPECT_EQ((OneNode{"Gemm", {{100, 4}, {10, 100}}, {{"transA", int64_t{1}}, {"transB", int64_t{1}}}}.shape()), (Shape{4, 10}));
  EXPECT_EQ((OneNode{"Gemm", {{kUnknown, 100}, {100, 10}, {1, 10}}}.shape()), (Shape{kUnknown, 10}));
  EXPECT_ERROR((OneNode{"Gemm", {{4, 100}, {99, 10}}}.shape()), "100 and 99 differ");
  EXPECT_ERROR((OneNode{"Gemm", {{4, 100}, {100, 10}, {4, 11}}}.shape()), "do not broadcast");
  EXPECT_ERROR((OneNode{"Gemm", {{4, 100, 1}, {100, 10}}}.shape()), "not two matrices");
  EXPECT_EQ((OneNode{"MatMul", {{5, 1, 2, 3}, {4, 3, 7}}}.shape()), (Shape{5, 4, 2, 7}));
  EXPECT_EQ((OneNode{"MatMul", {{3}, {3}}}.shape()), Shape{});
  EXPECT_EQ((OneNode{"MatMul", {{3}, {2, 3, 4}}}.shape()), (Shape{2, 4}));
  EXPECT_EQ((OneNode{"MatMul", {{2, 4, 3}, {3}}}.shape()), (Shape{2, 4}));
  EXPECT_ERROR((OneNode{"MatMul", {{2, 3}, {4, 2}}}.shape()), "3 and 4 differ");
  EXPECT_ERROR((OneNode{"MatMul", {Shape{}, {4, 2}}}.shape()), "at least 1 axes");
}

TEST(ShapeRules, Normalize) {
  EXPECT_EQ((OneNode{"BatchNormalization", {{2, 5, 4, 4}, {5}, {5}, {5}, {5}}}.shape()), (Shape{2, 5, 4, 4}));
  EXPECT_ERROR((OneNode{"BatchNormalization", {{2, 5, 4, 4}, {5}, {5}, {5}, {6}}}.shape()), "input 4 has the shape [6], not [5]");
  Graph training = OneNode{"BatchNormalization", {{2, 5, 4, 4}, {5}, {5}, {5}, {5}}}.graph();
  training.nodes[0].outputs = {"y", "mean", "variance"};
  EXPECT_ERROR(infer_shapes(training), "only training mode");
  training.nodes[0].attributes.set("training_mode", int64_t{1});
  EXPECT_EQ(infer_shapes(training).type_of("variance").shape, Shape{5});
  EXPECT_EQ((OneNode{"LRN", {{1, 8, 3, 3}}, {{"size", int64_t{5}}}}.shape()), (Shape{1, 8, 3, 3}));
  EXPECT_ERROR((OneNode{"LRN", {{1, 8, 3, 3}}}.shape()), "attribute size is 0");
  EXPECT_EQ((OneNode{"Softmax", {{1, 8}}}.shape()), (Shape{1, 8}));
  EXPECT_ERROR((OneNode{"LogSoftmax", {{1, 8}}, {{"axis", int64_t{2}}}}.shape()), "axis 2 is outside a value of rank 2");
}

TEST(ShapeRules, Elementwise) {
  EXPECT_EQ((OneNode{"Add", {{2, 3, 4}, {3, 1}}}.shape()), (Shape{2, 3, 4}));
  EXPECT_EQ((OneNode{"Max", {{2, 1}, {1, 3}, Shape{}}}.shape()), (Shape{2, 3}));
  EXPECT_ERROR((OneNode{"Mul", {{2, 3}, {2}}}.shape()), "do not broadcast");
  EXPECT_ERROR((OneNode{"Add", {{2}}, {}, {{1, 2}}}.shape()), "input 1 is int64, not float32");
  EXPECT_EQ(infer_shapes(OneNode{"Greater", {{2, 1}, {1, 3}}}.graph()).type_of("y"), (ValueType{DataType::kBool, Shape{2, 3}}));
  EXPECT_EQ(infer_shapes(OneNode{"Cast", {{2}}, {{"to", int64_t{7}}}}.graph()).type_of("y").type, DataType::kInt64);
  EXPECT_ERROR((OneNode{"Cast", {{2}}, {{"to", int64_t{8}}}}.shape()), "ONNX data type 8");
  EXPECT_ERROR((OneNode{"Where", {{2}, {2}, {2}}}.shape()), "input 0 is float32, not bool");
  EXPECT_ERROR((OneNode{"Clip", {{2}, {2}}}.shape()), "not a scalar");
  EXPECT_ERROR((OneNode{"Sqrt", {}, {}, {{4}}}.shape()), "input 0 is int64, not float32");
}

TEST(ShapeRules, Reshape) {
  EXPECT_EQ((OneNode{"Reshape", {{2, 3, 4}}, {}, {{0, -1}}}.shape()), (Shape{2, 12}));
  EXPECT_EQ((OneNode{"Reshape", {{kUnknown, 3, 4}}, {}, {{0, -1}}}.shape()), (Shape{kUnknown, 12}));
  EXPECT_EQ((OneNode{"Reshape", {{kUnknown, 3, 4}}, {}, {{-1, 12}}}.shape()), (Shape{kUnknown, 12}));
  EXPECT_EQ((OneNode{"Reshape", {{0, 3}}, {{"allowzero", int64_t{1}}}, {{3, 0}}}.shape()), (Shape{3, 0}));
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{4, -1}}}.shape()), "does not fit");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{5}}}.shape()), "does not have the size");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{-1, -1}}}.shape()), "two extents of -1");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{-2}}}.shape()), "an extent of -2");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{2, 3, 0}}}.shape()), "copies axis 2");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}}, {}, {{INT64_MAX, INT64_MAX}}}.shape()), "too large");
  EXPECT_ERROR((OneNode{"Reshape", {{2, 3}, {2}}}.shape()), "input 1 of the node is not a constant");
}

TEST(ShapeRules, Layout) {
  EXPECT_EQ((OneNode{"Flatten", {{2, 3, 4, 5}}}.shape()), (Shape{2, 60}));
  EXPECT_EQ((OneNode{"Flatten", {{2, 3, 4, 5}}, {{"axis", int64_t{-1}}}}.shape()), (Shape{24, 5}));
  EXPECT_ERROR((OneNode{"Flatten", {{2, 3}}, {{"axis", int64_t{3}}}}.shape()), "axis 3");
  EXPECT_EQ((OneNode{"Transpose", {{2, 3, 4}}}.shape()), (Shape{4, 3, 2}));
  EXPECT_EQ((OneNode{"Transpose", {{2, 3, 4}}, {{"perm", Ints{1, 0, 2}}}}.shape()), (Shape{3, 2, 4}));
  EXPECT_ERROR((OneNode{"Transpose", {{2, 3}}, {{"perm", Ints{0, 0}}}}.shape()), "named twice");
  EXPECT_EQ((OneNode{"Squeeze", {{1, 3, 1}}}.shape()), (Shape{3}));
  EXPECT_EQ((OneNode{"Squeeze", {{1, 3, 1}}, {}, {{-1}}}.shape()), (Shape{1, 3}));
  EXPECT_ERROR((OneNode{"Squeeze", {{1, 3}}, {}, {{1}}}.shape()), "is not 1");
  EXPECT_EQ((OneNode{"Unsqueeze", {{3, 4}}, {}, {{0, -1}}}.shape()), (Shape{1, 3, 4, 1}));
  EXPECT_ERROR((OneNode{"Unsqueeze", {{3}}, {}, {{5}}}.shape()), "axis 5");
  EXPECT_EQ((OneNode{"Expand", {{3, 1}}, {}, {{2, 1, 4}}}.shape()), (Shape{2, 3, 4}));
  EXPECT_ERROR((OneNode{"Expand", {{3, 1}}, {}, {{-1}}}.shape()), "a wanted extent is -1");
  EXPECT_EQ((OneNode{"ConstantOfShape", {}, {}, {{2, 3}}}.shape()), (Shape{2, 3}));
  EXPECT_ERROR((OneNode{"ConstantOfShape", {}, {}, {{1 << 21, 1 << 21}}}.shape()), "too large");
  EXPECT_EQ((OneNode{"Gather", {{5, 6, 7}}, {{"axis", int64_t{1}}}, {{0, 3}}}.shape()), (Shape{5, 2, 7}));
  EXPECT_EQ((OneNode{"Shape", {{5, 6, 7}}, {{"start", int64_t{-2}}}}.shape()), (Shape{2}));
  EXPECT_EQ((OneNode{"Range", {}, {}, {{3}, {10}, {2}}}.shape()), (Shape{4}));
  EXPECT_ERROR((OneNode{"Range", {}, {}, {{3}, {10}, {0}}}.shape()), "the delta is 0");
  EXPECT_ERROR((OneNode{"Range", {}, {}, {{INT64_MIN}, {INT64_MAX}, {1}}}.shape()), "too long");
}

TEST(ShapeRules, Parts) {
  EXPECT_EQ((OneNode{"Concat", {{1, 2, 3}, {1, 5, 3}}, {{"axis", int64_t{-2}}}}.shape()), (Shape{1, 7, 3}));
  EXPECT_EQ((OneNode{"Concat", {{kUnknown, 2}, {4, 5}}, {{"axis", int64_t{1}}}}.shape()), (Shape{4, 7}));
  EXPECT_ERROR((OneNode{"Concat", {{1, 2, 3}, {1, 5, 4}}, {{"axis", int64_t{1}}}}.shape()), "does not continue");
  EXPECT_EQ((OneNode{"Slice", {{10, 20}}, {}, {{1, -5}, {8, 1000}, {0, 1}, {2, 1}}}.shape()), (Shape{4, 5}));
  EXPECT_EQ((OneNode{"Slice", {{10}}, {}, {{-1}, {INT64_MIN}, {0}, {-3}}}.shape()), (Shape{4}));
  EXPECT_EQ((OneNode{"Slice", {{10}}, {}, {{9}, {-INT64_MAX}, {0}, {INT64_MIN}}}.shape()), (Shape{1}));
  EXPECT_EQ((OneNode{"Slice", {{0}}, {}, {{-1}, {0}, {0}, {-1}}}.shape()), (Shape{0}));
  EXPECT_ERROR((OneNode{"Slice", {{10}}, {}, {{0}, {5}, {0}, {0}}}.shape()), "a step is 0");
  EXPECT_ERROR((OneNode{"Slice", {{10}}, {}, {{0, 0}, {5}}}.shape()), "differ in number");
  EXPECT_EQ((OneNode{"Pad", {{1, 2, 3, 4}}, {}, {{0, 0, 1, -1, 0, 0, 2, 0}}}.shape()), (Shape{1, 2, 6, 3}));
  EXPECT_ERROR((OneNode{"Pad", {{3}}, {}, {{-2, -2}}}.shape()), "an extent of -1");
  EXPECT_ERROR((OneNode{"Pad", {{3}}, {}, {{INT64_MAX, INT64_MAX}}}.shape()), "a pad is out of range");
  EXPECT_ERROR((OneNode{"Pad", {{3}}, {{"mode", std::string("reflect")}}, {{3, 0}}}.shape()), "too short to reflect");
  Graph split = OneNode{"Split", {{6, 4}}}.graph();
  split.nodes[0].outputs = {"y", "z", "w"};
  EXPECT_EQ(infer_shapes(split).type_of("w").shape, (Shape{2, 4}));
  split.nodes[0].attributes.set("axis", int64_t{1});
  EXPECT_ERROR(infer_shapes(split), "4 does not split into 3");
}

TEST(ShapeRules, ReduceAndResize) {
  EXPECT_EQ((OneNode{"ReduceMean", {{2, 3, 4, 5}}, {{"axes", Ints{2, -1}}, {"keepdims", int64_t{0}}}}.shape()), (Shape{2, 3}));
  EXPECT_EQ((OneNode{"ReduceMax", {{2, 3}}}.shape()), (Shape{1, 1}));
  EXPECT_EQ((OneNode{"ReduceSum", {{2, 3}}, {}, {{1}}}.shape()), (Shape{2, 1}));
  EXPECT_ERROR((OneNode{"ReduceMean", {{2, 3}}, {{"axes", Ints{0, -2}}}}.shape()), "named twice");
  EXPECT_EQ(infer_shapes(OneNode{"ArgMax", {{2, 3}}, {{"axis", int64_t{1}}}}.graph()).type_of("y"),
            (ValueType{DataType::kInt64, Shape{2, 1}}));

  Graph resize = OneNode{"Resize", {{1, 3, 5, 5}}}.graph();
  resize.add_weight("s", Tensor(Shape{4}, std::vector<float>{1, 1, 2.5f, 0.5f}));
  resize.nodes[0].inputs = {"a", "", "s"};
  EXPECT_EQ(infer_shapes(resize).type_of("y").shape, (Shape{1, 3, 12, 2}));
  resize.add_weight("s", Tensor(Shape{4}, std::vector<float>{1, 1, NAN, 1}));
  EXPECT_ERROR(infer_shapes(resize), "a scale is nan");
  resize.add_weight("n", Tensor::ints({1, 3, 224, 112}));
  resize.nodes[0].inputs = {"a", "", "", "n"};
  EXPECT_EQ(infer_shapes(resize).type_of("y").shape, (Shape{1, 3, 224, 112}));
  resize.nodes[0].inputs = {"a"};
  EXPECT_ERROR(infer_shapes(resize), "neither scales nor sizes");
}

TEST(ShapeRules, GuardAgainstSizesThatOverflow) {
  EXPECT_ERROR((OneNode{"Relu", {{1 << 20, 1 << 20}}}.shape()), "too large");
  EXPECT_ERROR((OneNode{"Relu", {{INT64_MAX, INT64_MAX, 4}}}.shape()), "too large");
  EXPECT_ERROR((OneNode{"Relu", {{-7}}}.shape()), "negative extent");
  EXPECT_ERROR((OneNode{"Add", {{1 << 20, 1}, {1, 1 << 20}}}.shape()), "node y (Add) > a value of shape");
}

// Whatever the shapes, an operator gives types or an Error.
TEST(ShapeRules, EveryOperatorSurvivesOddInputs) {
  const std::vector<Shape> shapes = {{}, {0}, {1}, {3}, {2, 3}, {kUnknown, 3}, {1, 3, 0, 2}, {2, 3, 4, 5}, {1, 1, 1, 1, 1, 1}};
  const std::vector<Ints> ints = {{}, {0}, {-1, 2}, {INT64_MAX, INT64_MIN, 0, 1}};
  int errors = 0, fine = 0;
  for (const Op& op : all_ops())
    for (size_t count = 0; count <= std::min<size_t>(op.max_inputs, 5); ++count)
      for (const Shape& shape : shapes)
        for (const Ints& numbers : ints) {
          OneNode one{op.name, std::vector<Shape>(count, shape), {{"axis", int64_t{1}}, {"kernel_shape", numbers}, {"axes", numbers}}};
          if (count > 1) one.shapes.resize(1), one.ints.assign(count - 1, numbers);
          try {
            one.shape();
            ++fine;
          } catch (const Error&) {
            ++errors;
          }
        }
  EXPECT_GT(fine, 100);
  EXPECT_GT(errors, 100);
}

}  // namespace
}  // namespace phosphene

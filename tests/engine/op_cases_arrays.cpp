// Functions of each number, moves, sums, resizing.
#include <limits>

#include "engine/op_case_builder.h"

namespace phosphene::test {

void elementwise_cases(Cases& cases) {
  const Shape image{2, 3, 4, 5};
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "Softplus", "Exp", "Abs", "Neg", "Erf", "LeakyRelu", "Identity", "Dropout"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-2, 2});
  for (const char* op : {"Elu", "Selu", "Celu", "HardSigmoid", "HardSwish", "Softsign", "Mish", "Gelu", "ThresholdedRelu", "Shrink", "Sin",
                         "Cos", "Atan", "Sinh", "Cosh", "Asinh"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-4, 4});
  for (const char* op : {"Tan", "Asin", "Acos", "Atanh"}) cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-0.8, 0.8});
  cases.one("unary_Acosh", "Acosh", {in(image)}, {}, {1.5, 4});
  cases.one("elu_2", "Elu", {in(image)}, {{"alpha", 2.0F}});
  cases.one("selu_own", "Selu", {in(image)}, {{"alpha", 1.5F}, {"gamma", 0.5F}});
  cases.one("celu_2", "Celu", {in(image)}, {{"alpha", 2.0F}});
  cases.one("hard_sigmoid_own", "HardSigmoid", {in(image)}, {{"alpha", 0.5F}, {"beta", 0.25F}}, {-4, 4});
  cases.one("gelu_tanh", "Gelu", {in(image)}, {{"approximate", std::string("tanh")}}, {-4, 4});
  cases.one("shrink_soft", "Shrink", {in(image)}, {{"lambd", 1.5F}, {"bias", 1.5F}}, {-6, 6});
  for (const char* op : {"Log", "Sqrt", "Reciprocal"}) cases.one(std::string("unary_") + op, op, {in(image)}, {}, kPositive);
  for (const char* op : {"IsNaN", "IsInf"}) cases.one(std::string("unary_") + op, op, {in(image)}).smooth = false;
  cases.one("quantize", "QuantizeLinear", {in(image), scalar(0.1F), ints({128})}, {}, {-20, 20}).smooth = false;
  cases.one("quantize_channels", "QuantizeLinear", {in(image), floats({0.1F, 0.2F, 0.5F})}, {{"output_dtype", int64_t{3}}}, {-60, 60})
      .smooth = false;
  cases.one("dequantize", "DequantizeLinear", {in(image), floats({0.1F, 0.2F, 0.5F}), ints({1, 2, 3})}, {}, {-60, 60});
  for (const char* op : {"Floor", "Ceil", "Round", "Sign"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-3, 3}).smooth = false;
  cases.one("leaky_relu_0.2", "LeakyRelu", {in(image)}, {{"alpha", 0.2F}});
  cases.one("relu_vectors", "Relu", {in({2, 9})});
  cases.one("clip", "Clip", {in(image), scalar(-0.5F), scalar(0.5F)});
  cases.one("clip_6", "Clip", {in(image), scalar(0), scalar(6)}, {}, {-12, 12});
  cases.one("clip_above", "Clip", {in(image), absent, scalar(0.5F)});
  cases.one("clip_below", "Clip", {in(image), scalar(-0.5F)});
  cases.one("clip_nothing", "Clip", {in(image)});
  cases.one("cast_float", "Cast", {in(image)}, {{"to", int64_t{1}}});
  cases.start("cast_to_int_and_back", {-4, 4});
  cases.node("Cast", {cases.node("Cast", {}, {in(image)}, {{"to", int64_t{7}}})}, {}, {{"to", int64_t{1}}});
  cases.all.back().smooth = false;
  cases.one("cast_like", "CastLike", {in(image), scalar(1)});
  cases.start("sigmoid_saturated", {-30, 30});
  cases.node("Sigmoid", {}, {in(image)});
}

void binary_cases(Cases& cases) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean"}) {
    const auto both = [&](const char* name, const Operand& a, const Operand& b) {
      cases.one(fmt::format("binary_{}_{}", op, name), op, {a, b}, {}, kPositive);
    };
    both("same", in({2, 3, 4, 5}), in({2, 3, 4, 5}));
    both("channel", in({2, 3, 4, 5}), positive({3, 1, 1}));
    both("scalar_left", positive({}), in({2, 3, 4}));
    both("both_ways", in({2, 1, 4, 1}), positive({3, 1, 5}));
    both("last_axis", in({2, 3, 4}), positive({4}));
    both("planes", in({2, 3, 4, 4}), in({2, 3, 1, 1}));
  }
  cases.one("max_of_three", "Max", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("sum_of_three", "Sum", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("mean_of_three", "Mean", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("prelu", "PRelu", {in({2, 3, 4, 5}), weight({3, 1, 1})});
  cases.one("prelu_one_slope", "PRelu", {in({2, 3, 4}), weight({1})});
  cases.one("mod", "Mod", {in({2, 3, 4}), scalar(0.3F)}, {}, {-0.87, 0.87});
  cases.one("fmod", "Mod", {in({2, 3, 4}), scalar(0.3F)}, {{"fmod", int64_t{1}}}, {-0.87, 0.87});
  cases.one("min_of_one", "Min", {in({2, 3, 4})});
  cases.one("pow_2", "Pow", {in({2, 3, 4}), scalar(2)});
  cases.one("greater", "Greater", {in({2, 3, 4}), weight({4})}).smooth = false;
  for (const char* op : {"GreaterOrEqual", "LessOrEqual", "Equal"}) cases.one(op, op, {in({2, 3, 4}), weight({4})}).smooth = false;
  cases.start("xor");
  const std::string u = cases.operand(in({2, 3, 4}));
  cases.node("Xor", {cases.node("Greater", {u}, {scalar(-0.5F)}), cases.node("Less", {u}, {scalar(0.5F)})}, {});
  cases.all.back().smooth = false;
  cases.start("bit_shift", {0, 30});
  cases.node("BitShift", {cases.node("Cast", {}, {in({2, 3, 4})}, {{"to", int64_t{7}}})}, {ints({2, 1, 0, 3})},
             {{"direction", std::string("LEFT")}});
  cases.all.back().smooth = false;
  for (const char* op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor"}) {
    cases.start(op, {-30, 30});
    cases.node(op, {cases.node("Cast", {}, {in({2, 3, 4})}, {{"to", int64_t{7}}})}, {ints({6, -1, 12, 3})});
    cases.all.back().smooth = false;
  }
  cases.one("less", "Less", {in({2, 3, 4}), weight({4})}).smooth = false;
  cases.start("where");
  const std::string a = cases.operand(in({2, 3, 4})), b = cases.operand(in({2, 3, 4}));
  cases.node("Where", {cases.node("Greater", {a}, {scalar(0)}), a, b}, {});
  cases.start("where_broadcast");
  const std::string c = cases.operand(in({2, 3, 4}));
  cases.node("Where", {cases.node("Less", {c}, {scalar(0)}), c}, {weight({3, 1})});
  cases.start("where_logic");
  const std::string d = cases.operand(in({2, 3, 4})), e = cases.operand(in({2, 3, 4}));
  const std::string middle = cases.node("And", {cases.node("Greater", {d}, {scalar(-0.5F)}), cases.node("Less", {d}, {scalar(0.5F)})}, {});
  const std::string either = cases.node("Or", {middle, cases.node("Equal", {d, e}, {})}, {});
  cases.node("Where", {cases.node("Not", {either}, {}), d, e}, {});
  cases.start("add_to_itself");
  const std::string x = cases.operand(in({2, 3, 4}));
  cases.node("Add", {x, x}, {});
  cases.start("square_by_mul");
  const std::string y = cases.operand(in({2, 3, 4}));
  cases.node("Mul", {y, y}, {});
}

void shape_cases(Cases& cases) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max(), kStart = std::numeric_limits<int64_t>::min() + 1;
  cases.one("concat_channels", "Concat", {in({2, 3, 4, 5}), in({2, 2, 4, 5}), weight({2, 1, 4, 5})}, {{"axis", int64_t{1}}});
  cases.one("concat_last", "Concat", {in({2, 3, 4}), in({2, 3, 2})}, {{"axis", int64_t{-1}}});
  cases.one("concat_of_one", "Concat", {in({2, 3, 4})}, {{"axis", int64_t{1}}});
  cases.start("concat_twice_the_same");
  const std::string x = cases.operand(in({2, 3, 4}));
  cases.node("Concat", {x, x}, {}, {{"axis", int64_t{2}}});
  const Operand image = in({2, 4, 7, 6});
  cases.one("slice_crop", "Slice", {image, ints({1, 2}), ints({6, 5}), ints({2, 3})});
  cases.one("slice_channel", "Slice", {image, ints({1}), ints({3}), ints({1})});
  cases.one("slice_from_end", "Slice", {image, ints({-3}), ints({-1}), ints({-1})});
  cases.one("slice_beyond", "Slice", {image, ints({2}), ints({kEnd}), ints({2})});
  cases.one("slice_step", "Slice", {image, ints({1, 0}), ints({kEnd, kEnd}), ints({2, 3}), ints({2, 3})});
  cases.one("slice_reversed", "Slice", {image, ints({-1}), ints({kStart}), ints({1}), ints({-1})});
  cases.one("slice_back_by_two", "Slice", {image, ints({5, 4}), ints({0, 1}), ints({2, 3}), ints({-2, -1})});
  cases.one("pad", "Pad", {image, ints({0, 0, 1, 2, 0, 0, 3, 0})});
  cases.one("pad_value", "Pad", {image, ints({0, 1, 1, 1, 0, 0, 1, 1}), scalar(2.5F)});
  cases.one("pad_reflect", "Pad", {image, ints({0, 0, 2, 1, 0, 0, 3, 2})}, {{"mode", std::string("reflect")}});
  cases.one("pad_edge", "Pad", {image, ints({0, 0, 2, 1, 0, 0, 0, 3})}, {{"mode", std::string("edge")}});
  cases.one("pad_crop", "Pad", {image, ints({0, 0, -1, -2, 0, 0, -1, 1})});
  cases.one("flatten", "Flatten", {image});
  cases.one("flatten_at_2", "Flatten", {image}, {{"axis", int64_t{2}}});
  cases.one("reshape", "Reshape", {image, ints({2, 7, 24})});
  cases.one("reshape_inferred", "Reshape", {image, ints({0, -1})});
  cases.one("reshape_to_image", "Reshape", {in({2, 48}), ints({0, 3, 4, 4})});
  cases.one("transpose", "Transpose", {in({2, 3, 4})});
  cases.one("transpose_nhwc", "Transpose", {image}, {{"perm", Ints{0, 2, 3, 1}}});
  cases.one("squeeze", "Squeeze", {in({2, 3, 1, 1}), ints({2, -1})});
  cases.one("squeeze_all", "Squeeze", {in({2, 1, 3, 1})});
  cases.one("unsqueeze", "Unsqueeze", {in({2, 3}), ints({2, 3})});
  cases.one("unsqueeze_front", "Unsqueeze", {in({2, 3}), ints({1, -1})});
  cases.one("split", "Split", {image}, {{"axis", int64_t{1}}}, {}, 2);
  cases.one("split_uneven", "Split", {image, ints({1, 4, 2})}, {{"axis", int64_t{2}}}, {}, 3);
  cases.one("gather_channels", "Gather", {image, ints({2, 1, 0, 2})}, {{"axis", int64_t{1}}});
  cases.one("gather_negative", "Gather", {image, ints({-1, 0})}, {{"axis", int64_t{-1}}});
  cases.one("gather_elements", "GatherElements", {in({2, 3}), ints({0, 2, -1, 1}).with({2, 2})}, {{"axis", int64_t{1}}});
  cases.one("gather_nd", "GatherND", {in({2, 3, 4}), ints({0, 2, 1, -1, 0, 2}).with({3, 2})});
  cases.one("gather_nd_batch", "GatherND", {in({2, 3, 4}), ints({0, 2, 1, 1}).with({2, 2, 1})}, {{"batch_dims", int64_t{1}}});
  cases.one("compress", "Compress", {in({2, 4, 3}), bools({0, 1, 1})}, {{"axis", int64_t{1}}});
  cases.one("one_hot", "OneHot", {ints({0, 2, -1, 1}).with({2, 2}), ints({4}), weight({2})}, {{"axis", int64_t{1}}});
  for (const char* reduction : {"none", "add", "mul"}) {
    cases.one(fmt::format("scatter_elements_{}", reduction), "ScatterElements",
              {in({2, 4}), ints({0, 2, 0, 3, 3, -1}).with({2, 3}), in({2, 3})},
              {{"axis", int64_t{1}}, {"reduction", std::string(reduction)}});
    cases.one(fmt::format("scatter_nd_{}", reduction), "ScatterND", {in({2, 3, 4}), ints({0, 2, 0, -1}).with({2, 2}), in({2, 4})},
              {{"reduction", std::string(reduction)}});
  }
  cases.one("tile", "Tile", {in({2, 3, 2}), ints({1, 2, 3})});
  cases.one("depth_to_space", "DepthToSpace", {in({2, 8, 2, 3})}, {{"blocksize", int64_t{2}}});
  cases.one("depth_to_space_crd", "DepthToSpace", {in({2, 8, 2, 3})}, {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}});
  cases.one("space_to_depth", "SpaceToDepth", {in({2, 2, 4, 6})}, {{"blocksize", int64_t{2}}});
  cases.one("space_to_depth_crd", "SpaceToDepth", {in({2, 2, 4, 6})}, {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}});
  cases.one("triu", "Trilu", {in({2, 4, 5})});
  cases.one("tril", "Trilu", {in({2, 4, 5}), ints({1}).with({})}, {{"upper", int64_t{0}}});
  cases.one("reverse_sequence", "ReverseSequence", {in({2, 4, 3}), ints({3, 2})}, {{"batch_axis", int64_t{0}}, {"time_axis", int64_t{1}}});
  cases.one("top_k", "TopK", {in({2, 6}), ints({3})}, {}, {}, 2);
  cases.one("top_one", "TopK", {in({2, 3, 6}), ints({1})}, {}, {}, 2);
  cases.one("top_k_smallest", "TopK", {in({2, 5, 3}), ints({2})}, {{"axis", int64_t{1}}, {"largest", int64_t{0}}});
  cases.one("cum_sum", "CumSum", {in({2, 5}), ints({1})});
  cases.one("cum_sum_back", "CumSum", {in({2, 5}), ints({-1})}, {{"exclusive", int64_t{1}}, {"reverse", int64_t{1}}});
  cases.one("eye_like", "EyeLike", {in({2, 4})}, {{"k", int64_t{1}}}).smooth = false;
  cases.start("range");
  cases.node("Add", {cases.operand(in({2, 4})), cases.node("Range", {}, {scalar(0), scalar(8), scalar(2)})}, {});
  cases.one("non_zero", "NonZero", {floats({0, 1, 0, 2})}).smooth = false;
  for (const char* equation : {"bij,bjk->bik", "bij,bjk", "...ij,...jk->...ik", "bij,bjk->b"})
    cases.one(fmt::format("einsum_{}", equation), "Einsum", {in({2, 3, 4}), in({2, 4, 5})}, {{"equation", std::string(equation)}});
  cases.one("einsum_diagonal", "Einsum", {in({2, 3, 3})}, {{"equation", std::string("bii->bi")}});
  cases.one("einsum_three", "Einsum", {in({2, 3}), weight({3, 4}), weight({4})}, {{"equation", std::string("ij,jk,k->i")}});
  cases.one("expand", "Expand", {in({2, 1, 4, 1}), ints({2, 3, 4, 5})});
  cases.one("expand_new_axis", "Expand", {in({2, 1, 4}), ints({3, 1, 5, 4})});
}

void reduce_cases(Cases& cases) {
  const Shape image{2, 3, 4, 5};
  for (const char* op : {"ReduceLogSum"}) cases.one(fmt::format("{}_planes", op), op, {in(image)}, {{"axes", Ints{2, 3}}}, kPositive);
  for (const char* op :
       {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"}) {
    cases.one(fmt::format("{}_planes", op), op, {in(image)}, {{"axes", Ints{2, 3}}}, kPositive);
    cases.one(fmt::format("{}_channel", op), op, {in(image)}, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}});
    cases.one(fmt::format("{}_middle_and_last", op), op, {in(image)}, {{"axes", Ints{-1, 1}}});
  }
  cases.one("ReduceMean_all", "ReduceMean", {in(image)});
  cases.one("ReduceSum_planes", "ReduceSum", {in(image), ints({2, 3})});
  cases.one("ReduceSum_all", "ReduceSum", {in(image)}, {{"keepdims", int64_t{0}}});
  cases.one("ReduceSum_channel", "ReduceSum", {in(image), ints({-3})}, {{"keepdims", int64_t{0}}});
  cases.one("ReduceSum_nothing", "ReduceSum", {in(image)}, {{"noop_with_empty_axes", int64_t{1}}});
  cases.one("argmax", "ArgMax", {in({2, 10})}, {{"axis", int64_t{1}}}).smooth = false;
  cases.one("argmin", "ArgMin", {in({2, 10})}, {{"axis", int64_t{1}}}).smooth = false;
  cases.one("argmax_channels", "ArgMax", {in(image)}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}).smooth = false;
}

void resize_cases(Cases& cases) {
  const Operand image = in({2, 3, 4, 5});
  const auto text = [](const char* value) { return std::string(value); };
  for (const char* transform : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}) {
    const Attributes linear{{"mode", text("linear")}, {"coordinate_transformation_mode", text(transform)}};
    cases.one(fmt::format("resize_linear_{}_up", transform), "Resize", {image, absent, floats({1, 1, 2, 2})}, linear);
    cases.one(fmt::format("resize_linear_{}_sizes", transform), "Resize", {image, absent, absent, ints({2, 3, 7, 3})}, linear);
    for (const char* rounding : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
      cases.one(fmt::format("resize_nearest_{}_{}", transform, rounding), "Resize", {image, absent, absent, ints({2, 3, 7, 8})},
                {{"mode", text("nearest")}, {"coordinate_transformation_mode", text(transform)}, {"nearest_mode", text(rounding)}});
  }
  cases.one("resize_nearest_doubled", "Resize", {image, absent, floats({1, 1, 2, 2})},
            {{"mode", text("nearest")}, {"coordinate_transformation_mode", text("asymmetric")}, {"nearest_mode", text("floor")}});
  for (const char* mode : {"linear", "cubic", "nearest"})
    cases.one(fmt::format("resize_crop_{}", mode), "Resize",
              {image, floats({0, 0, 0.2F, -0.1F, 1, 1, 0.9F, 1.3F}), absent, ints({2, 3, 5, 6})},
              {{"mode", text(mode)}, {"coordinate_transformation_mode", text("tf_crop_and_resize")}, {"extrapolation_value", 7.0F}});
  cases.one("resize_tf_half_pixel", "Resize", {image, absent, absent, ints({2, 3, 3, 2})},
            {{"mode", text("nearest")}, {"coordinate_transformation_mode", text("tf_half_pixel_for_nn")}});
  for (const char* mode : {"bilinear", "bicubic"})
    for (const char* padding : {"zeros", "border", "reflection"})
      for (const int64_t aligned : {0, 1}) {
        // Inside the outermost centres: beyond them the derivative by the grid has kinks.
        OpCase& c =
            cases.one(fmt::format("grid_sample_{}_{}_{}", mode, padding, aligned), "GridSample", {in({2, 2, 5, 6}), in({2, 3, 2, 2})},
                      {{"mode", text(mode)}, {"padding_mode", text(padding)}, {"align_corners", aligned}}, {-0.7, 0.7});
        c.inner_kink = true;
      }
  cases.one("grid_sample_nearest", "GridSample", {in({2, 2, 5, 6}), floats(std::vector<float>(2 * 3 * 2 * 2, 0.3F)).with({2, 3, 2, 2})},
            {{"mode", text("nearest")}});
  for (const char* mode : {"avg", "max"})
    for (const char* transform : {"half_pixel", "output_half_pixel"})
      cases.one(fmt::format("roi_align_{}_{}", mode, transform), "RoiAlign",
                {in({2, 2, 6, 6}), floats({0.3F, 0.4F, 4.2F, 5.1F, 1.2F, 0.1F, 5.7F, 3.3F}).with({2, 4}), ints({0, 1})},
                {{"mode", text(mode)},
                 {"coordinate_transformation_mode", text(transform)},
                 {"output_height", int64_t{2}},
                 {"output_width", int64_t{3}},
                 {"sampling_ratio", int64_t{2}}});
  cases.one("resize_nearest_shrunk", "Resize", {image, absent, floats({1, 1, 0.5F, 0.6F})}, {{"mode", text("nearest")}});
  cases.one("resize_linear_one_pixel", "Resize", {in({2, 3, 1, 1}), absent, absent, ints({2, 3, 4, 4})}, {{"mode", text("linear")}});
  cases.one("resize_linear_one_number", "Resize", {in({2, 3, 1}), absent, absent, ints({2, 3, 4})}, {{"mode", text("linear")}});
  cases.one("resize_nearest_one_pixel", "Resize", {in({2, 3, 1, 1}), absent, absent, ints({2, 3, 4, 4})});
  for (const char* mode : {"linear", "cubic"})
    cases.one(fmt::format("resize_antialias_{}", mode), "Resize", {in({2, 3, 8, 9}), absent, absent, ints({2, 3, 3, 12})},
              {{"mode", text(mode)}, {"antialias", int64_t{1}}});
  cases.one("resize_cubic", "Resize", {image, absent, absent, ints({2, 3, 7, 9})}, {{"mode", text("cubic")}});
}

}  // namespace phosphene::test

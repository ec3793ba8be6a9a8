// Convolutions, pools, matrix products, normalisations.
#include "engine/op_case_builder.h"

namespace phosphene::test {

void conv_cases(Cases& cases) {
  const auto conv = [&](const std::string& name, Shape x, Shape w, Attributes attributes = {}, bool bias = true) {
    std::vector<Operand> operands = {in(std::move(x)), weight(w)};
    if (bias) operands.push_back(weight({w[0]}));
    cases.one("conv_" + name, "Conv", operands, std::move(attributes));
  };
  conv("1x1", {2, 3, 5, 6}, {4, 3, 1, 1});
  conv("3x3", {2, 3, 7, 6}, {4, 3, 3, 3});
  conv("no_bias", {2, 3, 7, 6}, {4, 3, 3, 3}, {}, false);
  conv("padded", {2, 3, 5, 6}, {4, 3, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}});
  conv("uneven_pads", {2, 2, 5, 6}, {3, 2, 3, 3}, {{"pads", Ints{0, 1, 2, 3}}});
  conv("strided", {2, 3, 9, 8}, {4, 3, 3, 3}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("uneven_strides", {2, 2, 9, 8}, {3, 2, 3, 2}, {{"strides", Ints{3, 1}}});
  conv("stride_beyond_kernel", {2, 2, 9, 9}, {3, 2, 1, 1}, {{"strides", Ints{2, 2}}});
  conv("dilated", {2, 2, 9, 9}, {3, 2, 3, 3}, {{"dilations", Ints{2, 2}}, {"pads", Ints{2, 2, 2, 2}}});
  conv("uneven_dilations", {2, 2, 9, 9}, {3, 2, 3, 2}, {{"dilations", Ints{1, 3}}, {"strides", Ints{2, 1}}});
  conv("grouped", {2, 6, 6, 5}, {4, 3, 3, 3}, {{"group", int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("two_groups_of_many", {2, 64, 6, 5}, {34, 32, 3, 3}, {{"group", int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("three_groups", {2, 6, 5, 5}, {9, 2, 3, 3}, {{"group", int64_t{3}}}, false);
  conv("depthwise", {2, 5, 6, 6}, {5, 1, 3, 3}, {{"group", int64_t{5}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("depthwise_multiplied", {2, 3, 6, 6}, {6, 1, 3, 3}, {{"group", int64_t{3}}, {"strides", Ints{2, 2}}});
  conv("5x5_wide", {2, 1, 8, 8}, {16, 1, 5, 5}, {{"pads", Ints{2, 2, 2, 2}}});
  conv("11x11_stride_4", {2, 3, 23, 23}, {4, 3, 11, 11}, {{"strides", Ints{4, 4}}});
  conv("7x7_stride_3_padded", {2, 4, 20, 19}, {5, 4, 7, 7}, {{"strides", Ints{3, 3}}, {"pads", Ints{2, 1, 2, 3}}});
  conv("8x6_strides_4_and_2", {2, 3, 21, 15}, {20, 3, 8, 6}, {{"strides", Ints{4, 2}}, {"pads", Ints{3, 1, 0, 2}}});
  conv("many_channels", {2, 32, 6, 6}, {32, 32, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}});
  conv("same_upper", {2, 2, 7, 8}, {3, 2, 3, 4}, {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}});
  conv("same_lower", {2, 2, 7, 8}, {3, 2, 3, 4}, {{"auto_pad", std::string("SAME_LOWER")}});
  conv("whole_image", {2, 3, 4, 4}, {5, 3, 4, 4});

  const auto transposed = [&](const std::string& name, Shape x, Shape w, Attributes attributes = {}, bool bias = true) {
    const int64_t outputs = w[1] * attributes.get_int("group", 1);
    std::vector<Operand> operands = {in(std::move(x)), weight(std::move(w))};
    if (bias) operands.push_back(weight({outputs}));
    cases.one("conv_transpose_" + name, "ConvTranspose", operands, std::move(attributes));
  };
  transposed("3x3", {2, 3, 4, 5}, {3, 4, 3, 3});
  transposed("no_bias", {2, 3, 4, 5}, {3, 2, 3, 3}, {}, false);
  transposed("4x4_stride_2", {2, 3, 4, 4}, {3, 4, 4, 4}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("output_padding", {2, 2, 4, 4}, {2, 3, 3, 3},
             {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 1}}});
  transposed("uneven", {2, 2, 4, 3}, {2, 3, 3, 2}, {{"strides", Ints{1, 3}}, {"pads", Ints{1, 0, 0, 1}}});
  transposed("dilated", {2, 2, 4, 4}, {2, 3, 3, 3}, {{"dilations", Ints{2, 2}}});
  transposed("grouped", {2, 4, 4, 4}, {4, 3, 3, 3}, {{"group", int64_t{2}}, {"strides", Ints{2, 2}}});
  transposed("depthwise", {2, 4, 4, 4}, {4, 1, 4, 4}, {{"group", int64_t{4}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("8x8_stride_4", {2, 5, 3, 4}, {5, 3, 8, 8}, {{"strides", Ints{4, 4}}, {"pads", Ints{2, 2, 2, 2}}});
  transposed("5x5_stride_3_ragged", {2, 20, 4, 4}, {20, 3, 5, 5}, {{"strides", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("output_shape", {2, 2, 4, 4}, {2, 3, 3, 3}, {{"strides", Ints{2, 2}}, {"output_shape", Ints{8, 8}}});
  transposed("from_one_pixel", {2, 8, 1, 1}, {8, 6, 4, 4});
}

void pool_cases(Cases& cases) {
  const auto pools = [&](const std::string& name, Shape x, Attributes attributes) {
    cases.one("max_pool_" + name, "MaxPool", {in(x)}, attributes);
    cases.one("average_pool_" + name, "AveragePool", {in(x)}, attributes);
  };
  pools("2x2", {2, 3, 6, 8}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  pools("overlapping", {2, 3, 7, 7}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}});
  pools("padded", {2, 3, 7, 7}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}});
  pools("uneven", {2, 2, 7, 6}, {{"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 0, 1}}});
  pools("ceil", {2, 2, 6, 7}, {{"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 2}}, {"ceil_mode", int64_t{1}}});
  pools("ceil_padded", {2, 2, 6, 6},
        {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"ceil_mode", int64_t{1}}});
  pools("same_upper", {2, 2, 5, 6}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"auto_pad", std::string("SAME_UPPER")}});
  cases.one("lp_pool", "LpPool", {in({2, 2, 6, 6})}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  cases.one("lp_pool_3", "LpPool", {in({2, 2, 6, 6})}, {{"kernel_shape", Ints{2, 2}}, {"p", int64_t{3}}});
  cases.one("global_lp_pool", "GlobalLpPool", {in({2, 3, 4, 4})});
  cases.one("max_unpool", "MaxUnpool", {in({2, 1, 2, 2}), ints({5, 7, 8, 15, 16, 19, 28, 31}).with({2, 1, 2, 2})},
            {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  cases.one("max_pool_dilated", "MaxPool", {in({2, 2, 8, 8})}, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 3}}});
  cases.one("average_pool_padding_counts", "AveragePool", {in({2, 2, 6, 6})},
            {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"count_include_pad", int64_t{1}}});
  cases.one("average_pool_ceil_padding_counts", "AveragePool", {in({2, 2, 6, 6})},
            {{"kernel_shape", Ints{3, 3}},
             {"strides", Ints{2, 2}},
             {"pads", Ints{1, 1, 1, 1}},
             {"ceil_mode", int64_t{1}},
             {"count_include_pad", int64_t{1}}});
  cases.one("global_average_pool", "GlobalAveragePool", {in({2, 5, 4, 3})});
  cases.one("global_max_pool", "GlobalMaxPool", {in({2, 5, 4, 3})});
}

void linear_cases(Cases& cases) {
  cases.one("gemm", "Gemm", {in({2, 7}), weight({7, 5}), weight({5})});
  cases.one("gemm_transposed_weight", "Gemm", {in({2, 7}), weight({5, 7}), weight({5})}, {{"transB", int64_t{1}}});
  cases.one("gemm_no_bias", "Gemm", {in({2, 7}), weight({5, 7})}, {{"transB", int64_t{1}}});
  cases.one("gemm_alpha_beta", "Gemm", {in({2, 7}), weight({5, 7}), weight({1, 5})},
            {{"transB", int64_t{1}}, {"alpha", 0.5F}, {"beta", -2.0F}});
  cases.one("gemm_transposed_input", "Gemm", {in({2, 7}), weight({2, 5}), weight({7, 1})}, {{"transA", int64_t{1}}});
  cases.one("gemm_both_transposed", "Gemm", {in({2, 7}), weight({5, 2}), weight({7, 5})}, {{"transA", int64_t{1}}, {"transB", int64_t{1}}});
  cases.one("gemm_square", "Gemm", {in({2, 8}), weight({8, 8}), weight({8})});
  cases.one("gemm_square_transposed_weight", "Gemm", {in({2, 8}), weight({8, 8})}, {{"transB", int64_t{1}}});
  cases.one("gemm_wide", "Gemm", {in({2, 96}), weight({64, 96}), weight({64})}, {{"transB", int64_t{1}}});
  cases.one("matmul", "MatMul", {in({2, 7}), weight({7, 5})});
  cases.one("matmul_batched", "MatMul", {in({2, 3, 4}), in({2, 4, 5})});
  cases.one("matmul_shared_right", "MatMul", {in({2, 3, 4}), weight({4, 5})});
  cases.one("matmul_broadcast", "MatMul", {in({2, 1, 3, 4}), weight({3, 4, 2})});
  cases.one("matmul_vector_right", "MatMul", {in({2, 3, 4}), weight({4})});
  cases.one("matmul_vector_left", "MatMul", {weight({3}), in({2, 3, 4})});
}

void normalize_cases(Cases& cases) {
  const auto statistics = [](int64_t c) { return std::vector<Operand>{weight({c}), weight({c}), weight({c}), positive({c})}; };
  const auto batch_norm = [&](const std::string& name, Shape x, Attributes attributes = {}, size_t outputs = 1) {
    std::vector<Operand> operands = {in(x)};
    for (const Operand& o : statistics(x[1])) operands.push_back(o);
    cases.one("batch_norm" + name, "BatchNormalization", operands, std::move(attributes), {}, outputs);
  };
  batch_norm("", {2, 3, 4, 5});
  batch_norm("_epsilon", {2, 3, 4, 5}, {{"epsilon", 0.1F}});
  batch_norm("_vectors", {2, 6});
  batch_norm("_training", {2, 3, 4, 5}, {{"training_mode", int64_t{1}}}, 3);
  batch_norm("_training_momentum", {2, 3, 3, 3}, {{"training_mode", int64_t{1}}, {"momentum", 0.5F}, {"epsilon", 1e-3F}}, 3);
  batch_norm("_training_value_only", {2, 3, 4, 5}, {{"training_mode", int64_t{1}}}, 1);
  cases.one("lrn_5", "LRN", {in({2, 8, 3, 4})}, {{"size", int64_t{5}}, {"alpha", 0.5F}, {"beta", 0.75F}, {"bias", 1.0F}});
  cases.one("lrn_even", "LRN", {in({2, 7, 3, 3})}, {{"size", int64_t{4}}, {"alpha", 1.0F}, {"beta", 0.5F}, {"bias", 2.0F}});
  cases.one("lrn_beyond_channels", "LRN", {in({2, 3, 3, 3})}, {{"size", int64_t{9}}, {"alpha", 1.0F}});
  cases.one("softmax", "Softmax", {in({2, 10})}, {}, {-3, 3});
  cases.one("softmax_channels", "Softmax", {in({2, 4, 3, 3})}, {{"axis", int64_t{1}}}, {-3, 3});
  cases.one("softmax_first", "Softmax", {in({2, 4, 3})}, {{"axis", int64_t{0}}});
  cases.one("softmax_large", "Softmax", {in({2, 10})}, {}, {90, 100});
  cases.one("hardmax", "Hardmax", {in({2, 10})}).smooth = false;
  cases.one("instance_norm", "InstanceNormalization", {in({2, 3, 4, 5}), weight({3}), weight({3})});
  cases.one("group_norm", "GroupNormalization", {in({2, 6, 3, 3}), weight({6}), weight({6})}, {{"num_groups", int64_t{2}}});
  cases.one("group_norm_by_group", "GroupNormalization", {in({2, 6, 3, 3}), weight({2}), weight({2})},
            {{"num_groups", int64_t{2}}, {"epsilon", 0.1F}});
  cases.one("group_norm_of_vectors", "GroupNormalization", {in({2, 8, 5}), weight({8}), weight({8})}, {{"num_groups", int64_t{8}}});
  cases.one("layer_norm", "LayerNormalization", {in({2, 5, 8}), weight({8}), weight({8})});
  cases.one("layer_norm_no_bias", "LayerNormalization", {in({2, 5, 8}), weight({5, 1})}, {{"axis", int64_t{1}}});
  cases.one("mean_variance_norm", "MeanVarianceNormalization", {in({2, 3, 4, 5})});
  cases.one("lp_norm", "LpNormalization", {in({2, 3, 4, 5})}, {{"axis", int64_t{1}}});
  cases.one("l1_norm", "LpNormalization", {in({2, 3, 4, 5})}, {{"p", int64_t{1}}});
  cases.one("log_softmax", "LogSoftmax", {in({2, 10})}, {}, {-3, 3});
  cases.one("log_softmax_channels", "LogSoftmax", {in({2, 4, 3, 3})}, {{"axis", int64_t{-3}}});
}

}  // namespace phosphene::test

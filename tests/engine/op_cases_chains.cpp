// Several nodes at once.
#include "engine/op_case_builder.h"

namespace phosphene::test {

// What engines fuse, share or must keep apart.
void chain_cases(Cases& cases) {
  const Attributes padded{{"pads", Ints{1, 1, 1, 1}}};
  const auto conv = [&](const std::string& x, int64_t channels) {
    return cases.node("Conv", {x}, {weight({channels, channels, 3, 3}), weight({channels})}, padded);
  };
  const auto batch_norm = [&](const std::string& x, int64_t c, Attributes attributes = {}) {
    return cases.node("BatchNormalization", {x}, {weight({c}), weight({c}), weight({c}), positive({c})}, std::move(attributes));
  };
  for (const char* activation : {"Relu", "LeakyRelu", "Tanh", "Sigmoid"}) {
    cases.start(fmt::format("chain_conv_{}", activation));
    cases.node(activation, {conv(cases.operand(in({2, 4, 6, 6})), 4)}, {});
    cases.start(fmt::format("chain_gemm_{}", activation));
    cases.node(activation, {cases.node("Gemm", {}, {in({2, 12}), weight({8, 12}), weight({8})}, {{"transB", int64_t{1}}})}, {});
    cases.start(fmt::format("chain_deconv_{}", activation));
    cases.node(activation,
               {cases.node("ConvTranspose", {}, {in({2, 4, 4, 4}), weight({4, 3, 4, 4}), weight({3})},
                           {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}})},
               {});
  }
  cases.start("chain_conv_clip");
  cases.node("Clip", {conv(cases.operand(in({2, 4, 6, 6})), 4)}, {scalar(-0.5F), scalar(0.5F)});
  cases.start("chain_conv_norm_relu");
  cases.node("Relu", {batch_norm(conv(cases.operand(in({2, 4, 6, 6})), 4), 4)}, {});
  cases.start("chain_deconv_norm_relu");
  cases.node("Relu", {batch_norm(cases.node("ConvTranspose", {}, {in({2, 4, 4, 4}), weight({4, 3, 4, 4})}, {{"strides", Ints{2, 2}}}), 3)},
             {});
  cases.start("chain_conv_training_norm_relu");
  // Without a bias: its gradient would be exactly zero, and the error noise against noise.
  const std::string bare = cases.node("Conv", {}, {in({2, 4, 6, 6}), weight({4, 4, 3, 3})}, padded);
  cases.node("Relu", {batch_norm(bare, 4, {{"training_mode", int64_t{1}}})}, {});
  cases.start("chain_residual");
  const std::string x = cases.operand(in({2, 4, 6, 6}));
  cases.node("Relu", {cases.node("Add", {conv(cases.node("Relu", {conv(x, 4)}, {}), 4), x}, {})}, {});
  cases.start("chain_sum_of_activations");  // both get the same gradient
  const std::string both = cases.operand(in({2, 4, 6, 6}));
  cases.node("Add", {cases.node("Relu", {conv(both, 4)}, {}), cases.node("LeakyRelu", {conv(both, 4)}, {})}, {});
  cases.start("chain_inception");
  const std::string i = cases.operand(in({2, 4, 6, 6}));
  const std::string left = cases.node("Relu", {conv(i, 4)}, {});
  const std::string right = cases.node("MaxPool", {i}, {}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  cases.node("Concat", {left, right, i}, {}, {{"axis", int64_t{1}}});
  for (const int64_t channels : {3, 8, 20, 48}) {  // the highest of each channel and its place, whatever the layout
    cases.start(fmt::format("chain_conv_highest_{}", channels));
    const std::string map = cases.node("Conv", {}, {in({2, 4, 9, 7}), weight({channels, 4, 3, 3}), weight({channels})}, padded);
    const std::string flat = cases.node("Reshape", {map}, {ints({0, 0, -1})});
    const std::string highest = cases.node("TopK", {flat}, {ints({1})}, {}, 2), place = highest.substr(0, highest.size() - 1) + "1";
    cases.node("Add", {highest, cases.node("GatherElements", {flat, place}, {}, {{"axis", int64_t{2}}})}, {});
  }
  cases.start("chain_classifier");
  std::string c = cases.node("Relu", {cases.node("Conv", {}, {in({2, 1, 12, 12}), weight({6, 1, 5, 5}), weight({6})})}, {});
  c = cases.node("MaxPool", {c}, {}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  c = cases.node("LRN", {c}, {}, {{"size", int64_t{3}}, {"alpha", 0.1F}});
  c = cases.node("Gemm", {cases.node("Flatten", {c}, {})}, {weight({10, 96}), weight({10})}, {{"transB", int64_t{1}}});
  cases.node("LogSoftmax", {c}, {});
  cases.start("chain_generator");
  std::string g =
      cases.node("LeakyRelu", {cases.node("Gemm", {}, {in({2, 10}), weight({32, 10}), weight({32})}, {{"transB", int64_t{1}}})}, {});
  g = cases.node("Reshape", {g}, {ints({0, 8, 2, 2})});
  g = cases.node("ConvTranspose", {g}, {weight({8, 4, 4, 4}), weight({4})}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  g = cases.node("Resize", {cases.node("LeakyRelu", {g}, {})}, {absent, floats({1, 1, 2, 2})}, {{"mode", std::string("nearest")}});
  cases.node("Tanh", {cases.node("Conv", {g}, {weight({3, 4, 3, 3}), weight({3})}, padded)}, {});
  cases.start("chain_two_outputs");
  const std::string inner = conv(cases.operand(in({2, 4, 6, 6})), 4);
  const std::string outer = cases.node("GlobalAveragePool", {cases.node("Relu", {inner}, {})}, {});
  cases.all.back().graph.outputs = {outer, inner};
}

// What transformers are made of.
void transformer_cases(Cases& cases) {
  for (const char* activation : {"Relu", "Gelu", "HardSwish", "HardSigmoid"}) {
    cases.start(fmt::format("tokens_linear_{}", activation));
    const std::string product = cases.node("MatMul", {}, {in({2, 3, 6}), weight({6, 5})});
    cases.node(activation, {cases.node("Add", {product}, {weight({5})})}, {});
  }
  cases.start("tokens_swish");
  const std::string x = cases.operand(in({2, 3, 6}));
  cases.node("Mul", {cases.node("Sigmoid", {x}, {}), x}, {});
  cases.start("tokens_swish_read_twice");
  const std::string z = cases.operand(in({2, 3, 6})), gate = cases.node("Sigmoid", {z}, {});
  cases.node("Add", {cases.node("Mul", {gate, z}, {}), gate}, {});
  cases.start("tokens_attention");
  const std::string tokens = cases.operand(in({2, 5, 8}));
  const auto heads = [&](Ints perm) {
    const std::string part = cases.node("MatMul", {tokens}, {weight({8, 8})});
    return cases.node("Transpose", {cases.node("Reshape", {part}, {ints({0, 5, 2, 4})})}, {}, {{"perm", std::move(perm)}});
  };
  const std::string q = heads({0, 2, 1, 3}), k = heads({0, 2, 3, 1}), v = heads({0, 2, 1, 3});
  const std::string scores = cases.node("Add", {cases.node("MatMul", {q, k}, {})}, {weight({2, 1, 5})});
  cases.node("MatMul", {cases.node("Softmax", {scores}, {}), v}, {});
  cases.one("tokens_einsum", "Einsum", {in({2, 3, 4, 5}), in({2, 3, 6, 5})}, {{"equation", std::string("bhid,bhjd->bihj")}});
  cases.one("tokens_matmul_computed_right", "MatMul", {in({2, 3, 2}), in({2, 4})});
  cases.one("tokens_layer_norm", "LayerNormalization", {in({2, 3, 16}), weight({16}), weight({16})});
  cases.one("tokens_layer_norm_two_axes", "LayerNormalization", {in({2, 3, 4, 5}), weight({4, 5})}, {{"axis", int64_t{2}}});
  cases.one("repeat_rows", "Mul", {in({2, 3, 4, 5}), in({2, 1, 4, 1})});
  cases.one("repeat_columns", "Div", {in({2, 3, 4}), positive({3, 1})});
  cases.one("repeat_inner", "Sub", {in({2, 3, 4, 5}), weight({3, 1, 5})});
  cases.one("repeat_three_runs", "Add", {in({2, 3, 4, 5}), in({2, 1, 1, 5})});
  cases.one("norm_last", "ReduceL2", {in({2, 3, 7})}, {{"axes", Ints{-1}}}, kPositive);
  cases.one("norm_first_kept", "ReduceL2", {in({2, 3, 7})}, {{"axes", Ints{1}}, {"keepdims", int64_t{1}}}, kPositive);
  cases.one("slice_every_second", "Slice", {in({2, 6, 4, 3}), ints({1, 0}), ints({6, 4}), ints({1, 2}), ints({2, 2})});
  cases.one("gather_scalar", "Gather", {in({2, 2, 4}), ints({-2}).with({})}, {{"axis", int64_t{0}}});
  cases.one("gather_wide", "Gather", {in({2, 3, 5000}), ints({2, 0, 2}).with({3, 1})}, {{"axis", int64_t{1}}});
}

}  // namespace phosphene::test

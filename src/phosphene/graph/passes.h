// Passes: each takes a graph and returns an equivalent one that is simpler or more specific. One source file each under passes/.
// Passes that need shapes call infer_shapes() themselves; names of surviving values never change.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// Checks every rule of a well-formed graph: unique value names, topological order, known operators (names the operator, node and opset),
// arity, weights present, outputs produced. Throws an Error for the first broken rule.
void verify(const Graph& graph);

// Fills graph.types for every value. Shapes may hold kUnknown extents where inputs do. Throws an Error "node NAME (Op) > ..." on misfits.
Graph infer_shapes(Graph graph);

// The same for a graph of which only a part can be inferred: nodes whose shapes depend on data, or that do not fit, become opaque, with all
// that needs them. Error when nothing of the outputs is left and that is because a node does not fit.
Graph set_aside(Graph graph);

// Fixes the batch: the first extent of every input (rank >= 1) becomes `batch` (0: stays as it is), also where the file fixed another one
// (then constant Reshape targets that spell the old batch are rewritten). Other unknown extents are taken from `extents` ("height" x
// "width" for rank-4 inputs) or are an Error that names the input. The result has only known shapes.
struct ImageSize {
  int64_t height = 0, width = 0;  // 0: not given
};
Graph bind_batch(Graph graph, int64_t batch, ImageSize size = {});

// Evaluates nodes whose inputs are all constant, and Shape of values with known shapes, so that exported shape arithmetic disappears.
// `keep`: weights that must stay as they are (they will be updated), so nothing that depends on them is folded.
Graph fold_constants(Graph graph, const std::set<std::string>& keep = {});

// Folds BatchNormalization (inference mode) into the preceding Conv, ConvTranspose or Gemm with constant weights, when nobody else wants
// the value between them; a BatchNormalization that remains stays an operator. `wanted` values are kept.
Graph fold_batch_normalization(Graph graph, const std::set<std::string>& wanted);

// Finds LayerNormalization, Gelu and LRN in the simpler operators that exporters spell them with; the values inside that nobody wants go.
Graph merge_layer_normalization(Graph graph, const std::set<std::string>& wanted);
Graph merge_gelu(Graph graph, const std::set<std::string>& wanted);
Graph merge_lrn(Graph graph, const std::set<std::string>& wanted);

// Einsum nodes that are batched matrix products become MatMul between Transpose and Reshape.
Graph einsum_to_matmul(Graph graph);

// Removes Identity, Dropout (inference), Cast to the same type, and no-op Reshape/Pad/Transpose... When a graph output or wanted value
// would lose its name the node stays.
Graph drop_identities(Graph graph, const std::set<std::string>& wanted);

// Keeps only what `wanted` values need; they become the outputs, in this order. Unused inputs and weights go. Error for an unknown name.
Graph cut(Graph graph, const std::vector<std::string>& wanted);

// Gives the value `from` (an input, a weight's or a node's) the name `to`. Types are to be inferred anew.
Graph rename_value(Graph graph, const std::string& from, const std::string& to);

// How pictures of one graph become inputs of another. Applied in this order: resize or crop, then x'[c] = sum_k matrix[c][k] x[k] +
// offset[c].
struct Bridge {
  enum class Fit { kNone, kCentreCrop, kResize };  // kCentreCrop also pads with zeros where the source is smaller
  Fit fit = Fit::kNone;
  int64_t height = 0, width = 0;  // size that the second graph wants
  std::vector<float> matrix,
      offset;  // [c_out * c_in], [c_out]; empty: identity. Channel order, scale, mean and deviation in one affine map
};

// Feeds value `from` of `first` through the bridge into input `into` of `second`. Values and weights of the two are kept apart by the
// prefixes "first_prefix" and "second_prefix" put before every name ("" leaves names alone; a clash is an Error). Outputs: those of second.
// The bridge's result is the value second_prefix + into; the affine map is a 1x1 Conv. first and second must have bound shapes.
struct ChainNames {
  std::string first_prefix, second_prefix;
};
Graph chain(const Graph& first, const std::string& from, const Bridge& bridge, const Graph& second, const std::string& into,
            const ChainNames& names);

// What every engine compiles: verified, batch bound, constants folded, identities dropped, cut to what is wanted; unless weights are
// mutable, BatchNormalization folded and patterns merged.
Graph prepare(Graph graph, int64_t batch, const std::vector<std::string>& wanted, bool mutable_weights, ImageSize size = {});

}  // namespace phosphene

// The shape rules of all families, and what they share. Each rule follows the ONNX specification of its operator at kOpset.
#pragma once

#include <algorithm>
#include <limits>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"

namespace phosphene {

// Stands in a propagated integer constant for an element that is not known yet (the batch in the value of a Shape node). Not the least
// integer itself: exporters write that one as the end of a reversed Slice.
inline constexpr int64_t kOpen = std::numeric_limits<int64_t>::min() + 0x09e4;

// A value may have fewer than this many elements; an attribute that counts pixels or strides stays below kMaxAttribute.
inline constexpr int64_t kMaxElements = int64_t{1} << 40;
inline constexpr int64_t kMaxAttribute = int64_t{1} << 20;

// Error unless every extent is kUnknown or >= 0 and the known extents multiply to fewer than kMaxElements.
void require_sane(const Shape& shape);

namespace ops {

using Types = std::vector<ValueType>;

// Type of a required input; Error when it is absent.
const ValueType& type_at(const OpInputs& in, size_t index);
// The same, and it must be float32.
const ValueType& float_at(const OpInputs& in, size_t index);
// The constant integers of an input, where kOpen elements may stand.
std::vector<int64_t> open_ints(const OpInputs& in, size_t index);
// Shape of a required input with at least `rank` axes.
const Shape& shape_at_least(const OpInputs& in, size_t index, int rank);
inline int64_t value_or_unknown(int64_t element) { return element == kOpen ? kUnknown : element; }
// True when the extents may be equal: same, or one unknown.
inline bool may_equal(int64_t a, int64_t b) { return a == b || a == kUnknown || b == kUnknown; }
// Axes made non-negative, sorted; Error for a repeated one.
std::vector<int> normal_axes(const std::vector<int64_t>& axes, int rank);
// The DataType that the ONNX number of a Cast target becomes; Error for strings and other foreign types.
DataType data_type_of_onnx(int64_t number);
// Number of entries of a range [start, end) with a step as Slice and Range count them; start and end already clamped.
int64_t range_count(int64_t start, int64_t end, int64_t step);
// One axis of a Slice: start, step and count. The extent must be known.
struct SliceAxis {
  int axis;
  int64_t start, step, count;
};
// All sliced axes of a Slice node, in the order of its inputs; count is kUnknown where the extent or a bound is.
std::vector<SliceAxis> slice_axes(const OpInputs& in);

// conv.cpp
Types conv(const OpInputs& in);
Types conv_transpose(const OpInputs& in);
// pool.cpp
Types pool(const OpInputs& in);
Types global_pool(const OpInputs& in);
Types max_unpool(const OpInputs& in);
// linear.cpp and einsum.cpp
Types gemm(const OpInputs& in);
Types matmul(const OpInputs& in);
Types einsum(const OpInputs& in);
// normalize.cpp
Types batch_normalization(const OpInputs& in);
Types lrn(const OpInputs& in);
Types softmax(const OpInputs& in);  // and others with an axis that keep the shape
Types channel_normalization(const OpInputs& in);
Types layer_normalization(const OpInputs& in);
Types mean_variance_normalization(const OpInputs& in);
// elementwise.cpp
Types float_unary(const OpInputs& in);   // float32 in and out
Types any_unary(const OpInputs& in);     // any type, kept
Types number_unary(const OpInputs& in);  // float32 or int64, kept
Types float_test(const OpInputs& in);    // float32 in, bool out
Types not_(const OpInputs& in);
Types clip(const OpInputs& in);
Types arithmetic(const OpInputs& in);  // one or more inputs of one type, broadcast
Types prelu(const OpInputs& in);
Types pow(const OpInputs& in);
Types compare(const OpInputs& in);
Types logic(const OpInputs& in);
Types where(const OpInputs& in);
Types cast(const OpInputs& in);
Types cast_like(const OpInputs& in);
Types dropout(const OpInputs& in);
Types quantize(const OpInputs& in);
Types dequantize(const OpInputs& in);
// shape.cpp and slice.cpp
Types concat(const OpInputs& in);
Types slice(const OpInputs& in);
Types split(const OpInputs& in);
Types pad(const OpInputs& in);
Types flatten(const OpInputs& in);
Types reshape(const OpInputs& in);
Types transpose(const OpInputs& in);
Types squeeze(const OpInputs& in);
Types unsqueeze(const OpInputs& in);
Types shape(const OpInputs& in);
Types size(const OpInputs& in);
Types expand(const OpInputs& in);
Types constant(const OpInputs& in);
Types constant_of_shape(const OpInputs& in);
Types range(const OpInputs& in);
// arrange.cpp
Types tile(const OpInputs& in);
Types depth_to_space(const OpInputs& in);
Types space_to_depth(const OpInputs& in);
Types trilu(const OpInputs& in);
Types reverse_sequence(const OpInputs& in);
Types eye_like(const OpInputs& in);
// gather.cpp
Types gather(const OpInputs& in);
Types gather_elements(const OpInputs& in);
Types gather_nd(const OpInputs& in);
Types scatter_elements(const OpInputs& in);
Types scatter_nd(const OpInputs& in);
Types compress(const OpInputs& in);
Types one_hot(const OpInputs& in);
Types non_zero(const OpInputs& in);
// reduce.cpp
Types reduce(const OpInputs& in);  // axes from input 1 if there, else from the attribute
Types arg_extreme(const OpInputs& in);
Types top_k(const OpInputs& in);
Types cum_sum(const OpInputs& in);
// resize.cpp
Types resize(const OpInputs& in);
Types grid_sample(const OpInputs& in);
Types roi_align(const OpInputs& in);

// The tensor that a Constant node holds, from whichever of its attributes is set.
TensorPtr constant_tensor(const Node& node);

}  // namespace ops
}  // namespace phosphene

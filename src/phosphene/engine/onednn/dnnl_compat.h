// What differs between oneDNN 2.x and 3.x, and nothing else: how a primitive is described and how a memory descriptor is inspected.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <tuple>
#include <vector>

namespace phosphene::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using DataKind = dnnl::memory::data_type;

// Arguments of which a release wants more than the other.
struct Both {  // the layout of a primitive's source and of its result
  const Desc& desc;
};
struct PoolWindow {
  Dims strides, kernel, pads_begin, pads_end;
};

template <typename Argument>
std::tuple<const Argument&> arguments_of(const Argument& argument) {
  return {argument};
}
inline auto arguments_of(const Both& both) {
#if DNNL_VERSION_MAJOR >= 3
  return std::tie(both.desc, both.desc);
#else
  return std::tie(both.desc);
#endif
}
inline auto arguments_of(const PoolWindow& w) {
#if DNNL_VERSION_MAJOR >= 3
  const Dims dilations(w.kernel.size(), 0);
  return std::tuple(w.strides, w.kernel, dilations, w.pads_begin, w.pads_end);
#else
  return std::tie(w.strides, w.kernel, w.pads_begin, w.pads_end);
#endif
}

// Describes a primitive from the arguments of its 3.x description.
template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describe(const dnnl::engine& engine, const dnnl::primitive_attr& attr, const Arguments&... arguments) {
  const auto make = [&](const auto&... all) {
#if DNNL_VERSION_MAJOR >= 3
    return typename Primitive::primitive_desc(engine, all..., attr);
#else
    return typename Primitive::primitive_desc(typename Primitive::desc(all...), attr, engine);
#endif
  };
  return std::apply(make, std::tuple_cat(arguments_of(arguments)...));
}

// The same for a backward primitive, which also takes the forward one's description.
template <typename Primitive, typename Hint, typename... Arguments>
typename Primitive::primitive_desc describe_backward(const dnnl::engine& engine, const dnnl::primitive_attr& attr, const Hint& hint,
                                                     const Arguments&... arguments) {
  const auto make = [&](const auto&... all) {
#if DNNL_VERSION_MAJOR >= 3
    return typename Primitive::primitive_desc(engine, all..., hint, attr);
#else
    return typename Primitive::primitive_desc(typename Primitive::desc(all...), attr, engine, hint);
#endif
  };
  return std::apply(make, std::tuple_cat(arguments_of(arguments)...));
}

inline dnnl::reorder::primitive_desc describe_reorder(const dnnl::engine& engine, const dnnl::primitive_attr& attr, const Desc& from,
                                                      const Desc& to) {
  return dnnl::reorder::primitive_desc(engine, from, engine, to, attr);
}

inline dnnl::sum::primitive_desc describe_sum(const dnnl::engine& engine, const dnnl::primitive_attr& attr, const Desc& to,
                                              const std::vector<Desc>& from) {
  const std::vector<float> scales(from.size(), 1.0f);
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::sum::primitive_desc(engine, to, scales, from, attr);
#else
  return dnnl::sum::primitive_desc(to, scales, from, engine, attr);
#endif
}

inline dnnl::concat::primitive_desc describe_concat(const dnnl::engine& engine, const dnnl::primitive_attr& attr, int axis,
                                                    const std::vector<Desc>& from) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::concat::primitive_desc(engine, axis, from, attr);
#else
  return dnnl::concat::primitive_desc(axis, from, engine, attr);
#endif
}

// f(x) = x min(1, max(0, alpha x + beta)); 2.x has the constants built in and wants 0.
#if DNNL_VERSION_MAJOR >= 3
inline constexpr float kHardSwishAlpha = 1.0f / 6, kHardSwishBeta = 0.5f;
#else
inline constexpr float kHardSwishAlpha = 0, kHardSwishBeta = 0;
#endif

inline constexpr bool kBackwardTakesShift = DNNL_VERSION_MAJOR < 3;  // among the arguments of a batch normalisation's gradient

#if DNNL_VERSION_MAJOR >= 3
using Softmax = dnnl::softmax_forward;
using SoftmaxBackward = dnnl::softmax_backward;
#else
using Softmax = dnnl::softmax_v2_forward;
using SoftmaxBackward = dnnl::softmax_v2_backward;
#endif

inline void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, beta);
#else
  ops.append_eltwise(1.0f, algorithm, alpha, beta);
#endif
}

// Inspection of descriptors.
inline Dims dims_of(const Desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return desc.get_dims();
#else
  return desc.dims();
#endif
}
inline DataKind kind_of(const Desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return desc.get_data_type();
#else
  return desc.data_type();
#endif
}

// Blocked layout: element (i_0, ..., i_r) of inner blocks b lies at offset + sum (i_k / block_k) stride_k + place inside the block.
struct Blocks {
  int64_t offset = 0;
  Dims padded, strides, inner_sizes, inner_axes;
};
inline Blocks blocks_of(const Desc& desc) {
  Blocks out;
#if DNNL_VERSION_MAJOR >= 3
  out.offset = desc.get_submemory_offset();
  out.padded = desc.get_padded_dims();
  out.strides = desc.get_strides();
  out.inner_sizes = desc.get_inner_blks();
  out.inner_axes = desc.get_inner_idxs();
#else
  const dnnl_memory_desc_t& d = desc.data;
  const dnnl_blocking_desc_t& b = d.format_desc.blocking;
  out.offset = d.offset0;
  out.padded.assign(d.padded_dims, d.padded_dims + d.ndims);
  out.strides.assign(b.strides, b.strides + d.ndims);
  out.inner_sizes.assign(b.inner_blks, b.inner_blks + b.inner_nblks);
  out.inner_axes.assign(b.inner_idxs, b.inner_idxs + b.inner_nblks);
#endif
  return out;
}

// Values of a blocked layout, those that pad channels to a block included.
inline int64_t elements(const Desc& desc) {
  int64_t count = 1;
  for (const int64_t extent : blocks_of(desc).padded) count *= extent;
  return count;
}

// They begin where the array does, and there are no gaps between them.
inline bool is_dense(const Desc& desc) {
  const size_t bytes = static_cast<size_t>(elements(desc)) * (kind_of(desc) == DataKind::bf16 ? 2 : 4);
  return blocks_of(desc).offset == 0 && desc.get_size() == bytes;
}

// The same layout for another type. 3.x cannot change a type: blocks of channels are spelled anew, any other blocked layout becomes plain.
inline Desc as_kind(const Desc& desc, DataKind kind) {
  if (kind_of(desc) == kind) return desc;
#if DNNL_VERSION_MAJOR >= 3
  using Tag = dnnl::memory::format_tag;
  const Dims dims = dims_of(desc);
  for (const Tag tag : {Tag::nChw16c, Tag::nChw8c, Tag::nCw16c, Tag::nCw8c, Tag::nCdhw16c, Tag::nCdhw8c})
    if (desc == Desc(dims, kind_of(desc), tag, true)) return Desc(dims, kind, tag);  // true: a tag of other axes is no error
  const Blocks blocks = blocks_of(desc);
  if (blocks.inner_sizes.empty()) return Desc(dims, kind, blocks.strides);
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * dims[i];
  return Desc(dims, kind, strides);
#else
  Desc out = desc;
  out.data.data_type = dnnl::memory::convert_to_c(kind);
  return out;
#endif
}

}  // namespace phosphene::onednn

// Tensors, types and attributes between ONNX's protobuf messages and the graph's own types. For the sources of formats/ only.
#pragma once

#include <filesystem>
#include <string>

#include <onnx/onnx_pb.h>

#include "phosphene/graph/graph.h"

namespace phosphene {

// ONNX's numbers of types that are younger than some releases of the schema. Narrow floats: graph/narrow_float.h.
inline constexpr int kUint4 = 21, kInt4 = 22, kUint2 = 25, kInt2 = 26;
// 4 or 2, or 0 for all other types.
int bits_of_packed_integer(int elem_type);

// Foreign types become the graph's: half, bfloat16, double and narrow floats kFloat32; integers of 2 to 64 bits kInt64; bool kBool. Error
// for strings, complex numbers ...
DataType type_from_onnx(int elem_type);
int type_to_onnx(DataType type);

// Error when the declared size and the bytes present differ (checked before anything is allocated). Values in a separate file are looked
// for in `folder`.
Tensor tensor_from_onnx(const onnx::TensorProto& proto, const std::filesystem::path& folder = {});
// As a dense one.
Tensor tensor_from_sparse_onnx(const onnx::SparseTensorProto& proto, const std::filesystem::path& folder = {});
onnx::TensorProto tensor_to_onnx(const std::string& name, const Tensor& tensor);
// The same values as float16. The tensor must hold floats.
onnx::TensorProto half_tensor_to_onnx(const std::string& name, const Tensor& tensor);

Attribute attribute_from_onnx(const onnx::AttributeProto& proto, const std::filesystem::path& folder = {});
onnx::AttributeProto attribute_to_onnx(const std::string& name, const Attribute& attribute);

// Extents that the file leaves open become kUnknown.
ValueType value_type_from_onnx(const onnx::ValueInfoProto& proto);
onnx::ValueInfoProto value_type_to_onnx(const std::string& name, const ValueType& type);

}  // namespace phosphene

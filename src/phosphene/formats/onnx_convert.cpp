// A TensorProto holds its values either in raw_data (little-endian, packed) or in one typed list: float_data, int32_data (all narrow types,
// halves as their bits), int64_data, double_data, uint64_data.
#include "phosphene/formats/onnx_convert.h"

#include <bit>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/formats/half.h"
#include "phosphene/formats/onnx_external.h"
#include "phosphene/graph/narrow_float.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

using Proto = onnx::TensorProto;

constexpr int kFloat4 = 23;

std::string type_name(int elem_type) {
  const std::string& name = onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(elem_type));
  return name.empty() ? fmt::format("number {}", elem_type) : name;
}

int64_t element_count(const Proto& proto) {
  int64_t count = 1;
  bool empty = false;
  for (const int64_t extent : proto.dims()) {
    if (extent < 0) throw Error(fmt::format("the shape has the extent {}", extent), "the file is damaged; export it again");
    if (extent == 0) empty = true;
    if (extent > 0 && __builtin_mul_overflow(count, extent, &count))
      throw Error("the declared shape overflows", "the file is damaged; export it again");
  }
  return empty ? 0 : count;
}

[[noreturn]] void wrong_size(const Proto& proto, int64_t declared, int64_t present) {
  const Shape shape(std::vector<int64_t>(proto.dims().begin(), proto.dims().end()));
  throw Error(fmt::format("declares {} = {} values but holds {}", shape.to_string(), declared, present),
              "the file is damaged; export it again");
}

struct Source {
  const Proto& proto;
  const std::filesystem::path& folder;
};

// Reads every element as Raw from the separate file, from raw_data or, when both are absent, from `list`, and converts it.
template <typename Raw, typename Values, typename List, typename Convert>
Values elements(const Source& from, const List& list, Convert convert) {
  const Proto& proto = from.proto;
  const int64_t count = element_count(proto), width = static_cast<int64_t>(sizeof(Raw));
  const bool external = proto.data_location() == Proto::EXTERNAL;
  Values values;
  if (external || proto.has_raw_data()) {
    if (external && count > kMaxElements) throw Error("the declared shape overflows", "the file is damaged; export it again");
    const std::string loaded = external ? read_external(proto, from.folder, count * width) : std::string();
    const std::string& raw_data = external ? loaded : proto.raw_data();
    const auto bytes = static_cast<int64_t>(raw_data.size());
    if (bytes % width || bytes / width != count) wrong_size(proto, count, bytes / width);
    values.resize(static_cast<size_t>(count));
    const char* source = raw_data.data();
    for (auto& value : values) {
      Raw raw;
      std::memcpy(&raw, source, sizeof raw);
      source += sizeof raw;
      value = convert(raw);
    }
  } else {
    if (list.size() != count) wrong_size(proto, count, list.size());
    values.reserve(static_cast<size_t>(count));
    for (const auto element : list) values.push_back(convert(static_cast<Raw>(element)));
  }
  return values;
}

template <typename Raw, typename List>
Tensor integers(const Source& from, const List& list, Shape shape, DataType type = DataType::kInt64) {
  auto values = elements<Raw, std::vector<int64_t>>(
      from, list, [&](Raw raw) { return type == DataType::kBool ? static_cast<int64_t>(raw != 0) : static_cast<int64_t>(raw); });
  return Tensor(std::move(shape), std::move(values), type);
}

// Numbers of 2 or 4 bits, the first in the lowest bits of a byte; int32_data holds the bytes.
std::vector<uint8_t> packed_codes(const Source& from, int bits) {
  const Proto& proto = from.proto;
  const int64_t count = element_count(proto), per_byte = 8 / bits, wanted = count / per_byte + (count % per_byte != 0);
  if (count > kMaxElements) throw Error("the declared shape overflows", "the file is damaged; export it again");
  std::string bytes;
  if (proto.data_location() == Proto::EXTERNAL)
    bytes = read_external(proto, from.folder, wanted);
  else if (proto.has_raw_data())
    bytes = proto.raw_data();
  else
    bytes.assign(proto.int32_data().begin(), proto.int32_data().end());
  if (static_cast<int64_t>(bytes.size()) != wanted) wrong_size(proto, count, static_cast<int64_t>(bytes.size()) * per_byte);
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (size_t i = 0; i < codes.size(); ++i) {
    const size_t place = i * static_cast<size_t>(bits);
    codes[i] = static_cast<uint8_t>((static_cast<uint8_t>(bytes[place / 8]) >> place % 8) & ((1 << bits) - 1));
  }
  return codes;
}

Tensor packed_integers(const Source& from, Shape shape, int bits, bool is_signed) {
  std::vector<int64_t> values;
  for (const uint8_t code : packed_codes(from, bits))
    values.push_back(is_signed && code >> (bits - 1) ? code - (int64_t{1} << bits) : int64_t{code});
  return Tensor(std::move(shape), std::move(values));
}

Tensor packed_floats(const Source& from, Shape shape, int type) {
  Floats values;
  for (const uint8_t code : packed_codes(from, 4)) values.push_back(narrow_float_of_bits(type, code));
  return Tensor(std::move(shape), std::move(values));
}

}  // namespace

int bits_of_packed_integer(int elem_type) {
  switch (elem_type) {
    case kUint2:
    case kInt2: return 2;
    case kUint4:
    case kInt4: return 4;
    default: return 0;
  }
}

DataType type_from_onnx(int elem_type) {
  switch (elem_type) {
    case Proto::FLOAT:
    case Proto::FLOAT16:
    case Proto::BFLOAT16:
    case Proto::DOUBLE: return DataType::kFloat32;
    case kUint4:
    case kInt4:
    case kUint2:
    case kInt2:
    case Proto::INT8:
    case Proto::UINT8:
    case Proto::INT16:
    case Proto::UINT16:
    case Proto::INT32:
    case Proto::UINT32:
    case Proto::INT64:
    case Proto::UINT64: return DataType::kInt64;
    case Proto::BOOL: return DataType::kBool;
    default:
      if (is_narrow_float(elem_type)) return DataType::kFloat32;
      throw Error(fmt::format("values of type {} are not supported", type_name(elem_type)), "export the model with float32 values");
  }
}

int type_to_onnx(DataType type) {
  switch (type) {
    case DataType::kFloat32: return Proto::FLOAT;
    case DataType::kInt64: return Proto::INT64;
    case DataType::kBool: return Proto::BOOL;
  }
  return Proto::UNDEFINED;
}

Tensor tensor_from_onnx(const Proto& proto, const std::filesystem::path& folder) {
  const Source from{proto, folder};
  Shape shape(std::vector<int64_t>(proto.dims().begin(), proto.dims().end()));
  const auto same = [](float value) { return value; };
  switch (proto.data_type()) {
    case Proto::FLOAT: return Tensor(shape, elements<float, Floats>(from, proto.float_data(), same));
    case Proto::DOUBLE:
      return Tensor(shape, elements<double, Floats>(from, proto.double_data(), [](double value) { return static_cast<float>(value); }));
    case Proto::FLOAT16: return Tensor(shape, elements<uint16_t, Floats>(from, proto.int32_data(), half_to_float));
    case Proto::BFLOAT16: return Tensor(shape, elements<uint16_t, Floats>(from, proto.int32_data(), bfloat16_to_float));
    case Proto::INT64: return integers<int64_t>(from, proto.int64_data(), shape);
    case Proto::INT32: return integers<int32_t>(from, proto.int32_data(), shape);
    case Proto::INT16: return integers<int16_t>(from, proto.int32_data(), shape);
    case Proto::INT8: return integers<int8_t>(from, proto.int32_data(), shape);
    case Proto::UINT8: return integers<uint8_t>(from, proto.int32_data(), shape);
    case Proto::UINT16: return integers<uint16_t>(from, proto.int32_data(), shape);
    case Proto::UINT32: return integers<uint32_t>(from, proto.uint64_data(), shape);
    case Proto::UINT64: return integers<uint64_t>(from, proto.uint64_data(), shape);
    case Proto::BOOL: return integers<uint8_t>(from, proto.int32_data(), shape, DataType::kBool);
    case kUint4: return packed_integers(from, shape, 4, false);
    case kInt4: return packed_integers(from, shape, 4, true);
    case kUint2: return packed_integers(from, shape, 2, false);
    case kInt2: return packed_integers(from, shape, 2, true);
    case kFloat4: return packed_floats(from, shape, kFloat4);
    default: type_from_onnx(proto.data_type());
  }
  if (is_narrow_float(proto.data_type())) {
    const auto value = [&](uint8_t bits) { return narrow_float_of_bits(proto.data_type(), bits); };
    return Tensor(shape, elements<uint8_t, Floats>(from, proto.int32_data(), value));
  }
  throw Error(fmt::format("values of type {} are not supported", type_name(proto.data_type())));
}

Tensor tensor_from_sparse_onnx(const onnx::SparseTensorProto& proto, const std::filesystem::path& folder) {
  const Tensor values = tensor_from_onnx(proto.values(), folder), indices = tensor_from_onnx(proto.indices(), folder);
  const Shape shape(std::vector<int64_t>(proto.dims().begin(), proto.dims().end()));
  require_sane(shape);
  const int64_t count = values.size(), rank = shape.rank();
  const bool linear = indices.shape() == Shape{count};
  // A few declared values must not fill the memory.
  if (!shape.known() || shape.size() > (int64_t{1} << 28) || indices.type() != DataType::kInt64 ||
      (!linear && indices.shape() != Shape{count, rank}))
    throw Error(fmt::format("a sparse tensor {} with indices {} is damaged", shape, indices.shape()), "export the model again");
  const auto place = [&](int64_t i) {
    if (linear) return indices.ints()[static_cast<size_t>(i)];
    int64_t at = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const int64_t index = indices.ints()[static_cast<size_t>(i * rank + axis)];
      if (index < 0 || index >= shape[axis]) return int64_t{-1};
      at = at * shape[axis] + index;
    }
    return at;
  };
  const auto fill = [&](auto from, auto zero) {
    std::vector<decltype(zero)> dense(static_cast<size_t>(shape.size()), zero);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = place(i);
      if (at < 0 || at >= shape.size()) throw Error("an index of a sparse tensor lies outside it", "export the model again");
      dense[static_cast<size_t>(at)] = from[static_cast<size_t>(i)];
    }
    return dense;
  };
  if (values.type() == DataType::kFloat32) return Tensor(shape, fill(values.floats(), 0.0f));
  return Tensor(shape, fill(values.ints(), int64_t{0}), values.type());
}

Proto tensor_to_onnx(const std::string& name, const Tensor& tensor) {
  Proto proto;
  proto.set_name(name);
  proto.set_data_type(type_to_onnx(tensor.type()));
  for (const int64_t extent : tensor.shape()) proto.add_dims(extent);
  if (tensor.type() == DataType::kFloat32) {
    const auto values = tensor.floats();
    proto.set_raw_data(values.data(), values.size_bytes());
  } else if (tensor.type() == DataType::kInt64) {
    const auto values = tensor.ints();
    proto.set_raw_data(values.data(), values.size_bytes());
  } else {
    std::string bytes;
    for (const int64_t value : tensor.ints()) bytes.push_back(value ? 1 : 0);
    proto.set_raw_data(bytes);
  }
  return proto;
}

Proto half_tensor_to_onnx(const std::string& name, const Tensor& tensor) {
  Proto proto;
  proto.set_name(name);
  proto.set_data_type(Proto::FLOAT16);
  for (const int64_t extent : tensor.shape()) proto.add_dims(extent);
  std::vector<uint16_t> halves;
  halves.reserve(static_cast<size_t>(tensor.size()));
  for (const float value : tensor.floats()) halves.push_back(float_to_half(value));
  proto.set_raw_data(halves.data(), halves.size() * sizeof(uint16_t));
  return proto;
}

Attribute attribute_from_onnx(const onnx::AttributeProto& proto, const std::filesystem::path& folder) {
  using A = onnx::AttributeProto;
  int type = proto.type();
  if (type == A::UNDEFINED) {  // files older than the field `type`
    if (proto.has_f())
      type = A::FLOAT;
    else if (proto.has_i())
      type = A::INT;
    else if (proto.has_s())
      type = A::STRING;
    else if (proto.has_t())
      type = A::TENSOR;
    else if (proto.floats_size())
      type = A::FLOATS;
    else if (proto.strings_size())
      type = A::STRINGS;
    else
      type = A::INTS;
  }
  switch (type) {
    case A::FLOAT: return proto.f();
    case A::INT: return proto.i();
    case A::STRING: return proto.s();
    case A::TENSOR: return std::make_shared<const Tensor>(tensor_from_onnx(proto.t(), folder));
    case A::SPARSE_TENSOR: return std::make_shared<const Tensor>(tensor_from_sparse_onnx(proto.sparse_tensor(), folder));
    case A::FLOATS: return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case A::INTS: return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
    case A::STRINGS: return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    default: throw Error("subgraphs are not supported here", "export the model without control flow");
  }
}

onnx::AttributeProto attribute_to_onnx(const std::string& name, const Attribute& attribute) {
  using A = onnx::AttributeProto;
  A proto;
  proto.set_name(name);
  if (const auto* i = std::get_if<int64_t>(&attribute)) {
    proto.set_type(A::INT);
    proto.set_i(*i);
  } else if (const auto* f = std::get_if<float>(&attribute)) {
    proto.set_type(A::FLOAT);
    proto.set_f(*f);
  } else if (const auto* s = std::get_if<std::string>(&attribute)) {
    proto.set_type(A::STRING);
    proto.set_s(*s);
  } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&attribute)) {
    proto.set_type(A::INTS);
    for (const int64_t value : *ints) proto.add_ints(value);
  } else if (const auto* floats = std::get_if<std::vector<float>>(&attribute)) {
    proto.set_type(A::FLOATS);
    for (const float value : *floats) proto.add_floats(value);
  } else if (const auto* strings = std::get_if<std::vector<std::string>>(&attribute)) {
    proto.set_type(A::STRINGS);
    for (const std::string& value : *strings) proto.add_strings(value);
  } else {
    const TensorPtr& tensor = std::get<TensorPtr>(attribute);
    PHOSPHENE_CHECK(tensor != nullptr);
    proto.set_type(A::TENSOR);
    *proto.mutable_t() = tensor_to_onnx(name, *tensor);
  }
  return proto;
}

ValueType value_type_from_onnx(const onnx::ValueInfoProto& proto) {
  if (!proto.type().has_tensor_type())
    throw Error(fmt::format("input {} is not a tensor", proto.name()), "export the model with tensor inputs");
  const auto& tensor = proto.type().tensor_type();
  if (!tensor.has_shape())
    throw Error(fmt::format("input {} has no shape", proto.name()), "export the model with the shapes of its inputs");
  ValueType type;
  type.type = located(fmt::format("input {}", proto.name()), [&] { return type_from_onnx(tensor.elem_type()); });
  for (const auto& dim : tensor.shape().dim())
    type.shape.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : kUnknown);
  return type;
}

onnx::ValueInfoProto value_type_to_onnx(const std::string& name, const ValueType& type) {
  onnx::ValueInfoProto proto;
  proto.set_name(name);
  auto* tensor = proto.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type_to_onnx(type.type));
  auto* shape = tensor->mutable_shape();
  for (int axis = 0; axis < type.shape.rank(); ++axis) {
    auto* dim = shape->add_dim();
    if (type.shape[axis] != kUnknown)
      dim->set_dim_value(type.shape[axis]);
    else if (axis == 0)
      dim->set_dim_param("N");
    else
      dim->set_dim_param(fmt::format("{}_{}", name, axis));
  }
  return proto;
}

}  // namespace phosphene

// .npy: "\x93NUMPY", version (2 bytes), header length (2 bytes; 4 from version 2), a Python dict such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
// padded with spaces and one line end to a multiple of 64 bytes, then the values.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <functional>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/npy.h"

namespace phosphene {
namespace {

static_assert(std::endian::native == std::endian::little, "npy values are copied as they lie in memory");

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void reject(const std::string& what) { throw Error(what, "save it with numpy.save as float32"); }

// The text after 'key': in the header.
std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) reject(fmt::format("has no '{}' in its npy header", key));
  std::string_view rest = header.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.empty()) reject(fmt::format("ends after '{}' in its npy header", key));
  return rest;
}

std::vector<int64_t> parse_shape(std::string_view text) {
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) reject("has no shape in its npy header");
  std::vector<int64_t> shape;
  for (const char *at = text.data() + 1, *last = text.data() + end; at < last;) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    int64_t size = 0;
    const auto [next, code] = std::from_chars(at, last, size);
    if (code != std::errc() || size < 0) reject("has a broken shape in its npy header");
    shape.push_back(size);
    at = next;
  }
  return shape;
}

template <typename T>
void convert(std::string_view bytes, std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<float>(value);
  }
}

struct ElementType {
  std::string_view descr;
  size_t size;
  void (*convert)(std::string_view bytes, std::vector<float>& values);
};

constexpr ElementType kElementTypes[] = {
    {"<f4", 4, convert<float>},   {"<f8", 8, convert<double>},   {"|u1", 1, convert<uint8_t>}, {"|i1", 1, convert<int8_t>},
    {"|b1", 1, convert<uint8_t>}, {"<u2", 2, convert<uint16_t>}, {"<i2", 2, convert<int16_t>}, {"<u4", 4, convert<uint32_t>},
    {"<i4", 4, convert<int32_t>}, {"<u8", 8, convert<uint64_t>}, {"<i8", 8, convert<int64_t>},
};

Array parse(const std::string& content) {
  if (content.size() < 12 || content.compare(0, kMagic.size(), kMagic) != 0) reject("is not an npy file");
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(content[i])); };
  const bool long_header = byte(6) >= 2;
  const size_t start = long_header ? 12 : 10;
  const size_t length = byte(8) | byte(9) << 8 | (long_header ? byte(10) << 16 | byte(11) << 24 : 0);
  if (content.size() - start < length) reject("ends inside its npy header");
  const std::string_view header = std::string_view(content).substr(start, length);

  const std::string_view descr = value_of(header, "descr").substr(1, 3);  // after the quote
  const auto type = std::find_if(std::begin(kElementTypes), std::end(kElementTypes), [&](const auto& t) { return t.descr == descr; });
  if (type == std::end(kElementTypes)) reject(fmt::format("has elements of type '{}', which is not read", descr));
  if (!value_of(header, "fortran_order").starts_with("False")) reject("is in Fortran order");

  Array array;
  array.shape = parse_shape(value_of(header, "shape"));
  const std::string_view bytes = std::string_view(content).substr(start + length);
  size_t count = 1, room = bytes.size() / type->size;
  for (const int64_t size : array.shape) {
    if (size > 0 && count > room / static_cast<size_t>(size)) reject("holds fewer values than its shape says");
    count *= static_cast<size_t>(size);
  }
  if (count != room || bytes.size() % type->size) reject(fmt::format("holds {} bytes for {} values", bytes.size(), count));
  array.values.resize(count);
  type->convert(bytes, array.values);
  return array;
}

}  // namespace

Array read_npy(const std::filesystem::path& file) {
  return located(file.string(), [&] {
    std::string content;
    try {
      content = read_file(file);
    } catch (const Error& error) {
      throw Error(error.problem(), error.todo());  // the place is put before it here
    }
    return parse(content);
  });
}

std::string npy_header(const std::vector<int64_t>& shape) {
  std::string sizes = fmt::format("{}", fmt::join(shape, ", "));
  if (shape.size() == 1) sizes += ",";
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes);
  header.append(63 - (kMagic.size() + 4 + header.size()) % 64, ' ');
  header += '\n';
  std::string start(kMagic);
  start += {'\x01', '\0', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  return start + header;
}

void write_npy(const std::filesystem::path& file, const std::vector<int64_t>& shape, std::span<const float> values) {
  const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  PHOSPHENE_CHECK_EQ(count, static_cast<int64_t>(values.size()));
  write_file(file, [&](std::ostream& out) {
    out << npy_header(shape);
    out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  });
}

}  // namespace phosphene

// external_data: pairs "location" (a name relative to the model's folder), "offset" and "length" (decimal; default 0 and what the shape
// needs), "checksum" (not read).
#include "phosphene/formats/onnx_external.h"

#include <charconv>
#include <fstream>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

int64_t parse_size(const std::string& key, const std::string& text) {
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < 0)
    throw Error(fmt::format("external_data has the {} \"{}\"", key, text), "the file is damaged; export it again");
  return number;
}

bool stays_inside(const std::string& location) {
  const fs::path name(location);
  bool inside = !location.empty() && name.is_relative() && location.find('\0') == std::string::npos;
  for (const fs::path& part : name) inside = inside && part != "..";
  return inside;
}

fs::path checked_path(const std::string& location, const fs::path& folder) {
  if (!stays_inside(location))
    throw Error(fmt::format("its values are said to lie in \"{}\", outside the model's folder", location),
                "keep the file of the weights beside the model");
  return folder / location;
}

}  // namespace

std::string read_external(const onnx::TensorProto& proto, const fs::path& folder, int64_t bytes) {
  std::string location;
  int64_t offset = 0, length = bytes;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = parse_size("offset", entry.value());
    if (entry.key() == "length") length = parse_size("length", entry.value());
  }
  const fs::path path = checked_path(location, folder);
  if (length != bytes)
    throw Error(fmt::format("needs {} bytes, external_data says {}", bytes, length), "the file is damaged; export it again");
  return located(path.string(), [&] {
    std::error_code problem;
    if (!fs::is_regular_file(path, problem)) throw Error("no such file", "put it beside the model");
    const auto size = static_cast<int64_t>(fs::file_size(path, problem));
    if (problem || offset > size || bytes > size - offset)
      throw Error(fmt::format("holds {} bytes where {} from {} on are needed", size, bytes, offset), "copy it again, whole");
    std::ifstream stream(path, std::ios::binary);
    std::string content(static_cast<size_t>(bytes), '\0');
    stream.seekg(offset);
    if (!stream.read(content.data(), bytes)) throw Error("cannot be read", "check its permissions");
    return content;
  });
}

std::set<std::string> external_files(const onnx::ModelProto& model) {
  std::set<std::string> files;
  const auto note = [&](const onnx::TensorProto& tensor) {
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL) return;
    for (const auto& entry : tensor.external_data())
      if (entry.key() == "location" && stays_inside(entry.value())) files.insert(entry.value());
  };
  for (const auto& weight : model.graph().initializer()) note(weight);
  for (const auto& weight : model.graph().sparse_initializer()) note(weight.values()), note(weight.indices());
  for (const auto& node : model.graph().node())
    for (const auto& attribute : node.attribute())
      if (attribute.has_t()) note(attribute.t());
  return files;
}

}  // namespace phosphene

// Weights that lie in a file beside the model (TensorProto's external_data). For the sources of formats/ only.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include <onnx/onnx_pb.h>

namespace phosphene {

// `bytes` bytes of the file that the tensor names. The name must stay inside `folder`, the model's own; Error for absolute names and "..",
// and when the file does not hold that many bytes there (checked before anything is allocated).
std::string read_external(const onnx::TensorProto& proto, const std::filesystem::path& folder, int64_t bytes);

// The names of all such files inside the model's folder, as the model spells them.
std::set<std::string> external_files(const onnx::ModelProto& model);

}  // namespace phosphene

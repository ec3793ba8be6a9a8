// ONNX files. Reading converts any supported opset to kOpset and float16/double weights to float32; writing gives a plain ONNX file.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct OnnxFile {
  Graph graph;
  std::map<std::string, std::string> metadata;  // metadata_props
  int opset = kOpset;                           // as the file had it, before conversion
  std::vector<std::filesystem::path> weights;   // files beside it that hold some, by name
  std::set<std::string> byte_inputs;            // pictures that the file takes as integers; the graph takes the same numbers as floats
};

// Error (file > node > what; what to do) for truncated or hostile files and missing weights. Unknown nodes, strings, and nodes that depend
// on either become the graph's opaque nodes (with node, domain and opset), and their values are not outputs; Error when no node is
// left. The graph is verified; shapes are not inferred.
OnnxFile read_onnx(const std::filesystem::path& file);

struct OnnxWriteOptions {
  bool half_weights = false;  // store float32 weights of 2 or more dimensions as float16, behind a Cast that every runtime folds
};
// Atomic (temporary name, rename).
void write_onnx(const std::filesystem::path& file, const OnnxFile& model, const OnnxWriteOptions& options = {});

}  // namespace phosphene

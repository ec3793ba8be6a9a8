// Model: a graph, its weights and its meaning. A generator is a model too: its input is the code, its output an image in the space that
// its `preprocess` describes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/graph/graph.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/outputs.h"
#include "phosphene/model/preprocess.h"

namespace phosphene {

enum class ModelKind { kClassifier, kGenerator, kOther };

// Bounds of a generator's code, one value a code unit (mean + 3 sigma over training images; lower 0 after a ReLU).
struct CodeBounds {
  std::vector<float> lower, upper;
};

struct Model {
  std::string name;    // file stem or embedded name
  std::string output;  // the output that the user chose; empty: it is found out
  ModelKind kind = ModelKind::kOther;
  Graph graph;                       // shapes inferred (the batch unknown)
  Preprocess preprocess;             // classifier: of its input; generator: of its output
  bool preprocess_known = false;     // false: the file did not say, defaults stand
  std::string preprocess_source;     // where it comes from, in words
  std::vector<std::string> labels;   // of the output's classes; empty when unknown
  std::optional<CodeBounds> bounds;  // generators
  std::optional<Tensor> bank;        // generators: codes to start from, [k, ...], a code as the code input has it
  std::string encoder;               // generators: the name of the file, or embedded model, that makes codes of pictures; empty: none
  Json search = Json::object();      // generators: what a search takes that is not told otherwise (docs/file-format.md)
  Json provenance = Json::object();  // commands, recipe, data, seed, hashes, version
  std::filesystem::path file;        // that it was read from; empty: none
  bool channels_last = false;        // the file takes its picture as [n, h, w, c]; the graph has it turned
  std::vector<std::string> notes;    // sentences: what was changed on the way in
  std::string hash;                  // SHA-256 of the file; of several, that of their hashes in hex, one after the other

  // The one float input that is the image (rank 4) or the code. Error when there are several.
  const GraphInput& input() const;
  // The output that says what a picture shows: `output` where the user chose one, else class_output() of outputs.h. Features that have as
  // many labels are classes.
  OutputMeaning meaning() const;
  // Its scores: the value before a final softmax or sigmoid, else the output itself; empty when no output can be computed.
  std::string logits() const { return meaning().scores; }
};

struct LoadOptions {
  InputOptions inputs;
  std::optional<uint64_t> random_weights;  // a seed: of a FILE.prototxt alone
};
// FILE.onnx, FILE.prototxt:FILE.caffemodel, or the name of an embedded model ("tin200"). A FILE.prototxt alone gets random weights when
// they are asked for. Preprocessing is what the file's metadata say, else what a normalisation inside the graph tells, else a guess that
// preprocess_known denies: RGB in 0..1, and for Caffe's files BGR minus 104, 117, 123. Error otherwise.
Model load_model(const std::string& name_or_file, const LoadOptions& options = {});
// Metadata under "phosphene.*"; initializers phosphene.code_lower, phosphene.code_upper and phosphene.code_bank. Atomic.
void save_model(const std::filesystem::path& file, const Model& model, bool half_weights);

// Shapes inferred. Some exports compute shapes from the batch, so they cannot be inferred while it is open: then shapes are those of a
// batch of one. What has no shape then either is set aside.
Graph with_shapes(Graph graph);

// Names of the models in models_folder().
std::vector<std::string> embedded_models();

}  // namespace phosphene

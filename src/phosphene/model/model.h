// Model: a graph, its weights and its meaning. A generator is a model too: its input is the code, its output an image in the space that
// its `preprocess` describes.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/graph/graph.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/outputs.h"

namespace phosphene {

enum class ModelKind { kClassifier, kGenerator, kOther };
enum class ColourOrder { kRgb, kBgr, kGrey };

// Image values of a network: x[c] = (pixel[order[c]] * scale - mean[c]) / deviation[c], pixel in 0..255, NCHW.
struct Preprocess {
  ColourOrder order = ColourOrder::kRgb;
  float scale = 1.0f / 255;
  std::vector<float> mean = {0, 0, 0}, deviation = {1, 1, 1};  // one a channel, in the network's channel order
  int64_t height = 0, width = 0;                               // 0: open
  int64_t resize = 0;                                          // shorter side before the centre crop; 0: resize straight to height x width

  int64_t channels() const { return order == ColourOrder::kGrey ? 1 : 3; }
  // Channel of an RGB (or grey) picture that feeds network channel c.
  int64_t picture_channel(int64_t c) const { return order == ColourOrder::kBgr ? 2 - c : c; }
  // The values of network channel c for the pixels 0..255.
  std::array<float, 256> values_of_pixel(int64_t c) const;
  Json to_json() const;
  static Preprocess from_json(const Json& json);

  // Writes channels * height * width values.
  void to_values(const Image& image, std::span<float> values) const;  // resizes and crops as above first
  // Back to 8 bits, clipped; always RGB (or grey).
  Image to_image(std::span<const float> values, int64_t h, int64_t w) const;
};

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

// A layer found by value name, node name, the path of a module as the exporter wrote it ("layer4.1.conv2", "block5_conv3": the module's
// last value), or a unique part of a name; gives the value's name. Error lists the candidates or the nearest names.
std::string find_layer(const Model& model, const std::string& text);
// For every node the short path by which find_layer() knows its value: "layer4.1.conv2"; where there is none, the value's name.
std::vector<std::string> layer_paths(const Graph& graph);
// Units of a layer: its channels (unit_axis.h says on which axis).
int64_t unit_count(const Model& model, const std::string& layer);
// "3,17-20", "all" -> indices; Error names the valid range [0, count).
std::vector<int64_t> parse_units(const std::string& text, int64_t count);

}  // namespace phosphene

#include "fuzz/in_process/formats.h"

#include <fstream>
#include <memory>

#include <onnx/onnx_pb.h>
#include <phosphene_caffe.pb.h>

#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/labels.h"
#include "phosphene/model/model.h"
#include "phosphene/run/outcome.h"
#include "phosphene/train/builder.h"
#include "phosphene/train/checkpoint.h"

namespace phosphene::fuzz {

namespace {

using Path = std::filesystem::path;

// As `phosphene inspect` does.
void inspect(const std::string& name, const LoadOptions& options = {}) { description_text(load_model(name, options)); }

void onnx_file(const Path& file) { inspect(file.string()); }

void caffe_definition(const Path& file) { inspect(file.string(), {.random_weights = 1}); }

// The weights of a sound definition that stands beside them.
void caffe_weights(const Path& file) {
  constexpr const char* kDefinition = R"(name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "fc2" type: "InnerProduct" bottom: "conv1" top: "fc2" inner_product_param { num_output: 5 } }
)";
  const Path definition = file.parent_path() / "small.prototxt";
  if (!std::filesystem::exists(definition)) std::ofstream(definition) << kDefinition;
  inspect(definition.string() + ":" + file.string());
}

void npy(const Path& file) { read_npy(file); }

void picture(const Path& file) {
  read_image(file);
  read_image(file, 1);
}

void labels(const Path& file) { read_labels(file); }

// The pictures that results.json describes.
void results(const Path& file) {
  const Json json = read_json(file);
  if (!json.is_object() || !json.contains("images") || !json["images"].is_array()) return;
  for (const Json& image : json["images"]) to_json(record_from_json(image));
}

void checkpoint(const Path& file) {
  static Parameters parameters = [] {
    GraphBuilder net("net", 1);
    return Parameters(net.finish({net.gemm("y", net.input("x", {kUnknown, 2}), 1)}), true);
  }();
  Checkpoint(file, {.recipe = {{"a", 1}, {"b", "x"}}, .data = "d", .tunable = {"a"}}, {{"", &parameters}}).load();
}

constexpr Format kFormats[] = {
    {"onnx", "x.onnx", onnx_file, [] { return static_cast<google::protobuf::Message*>(new onnx::ModelProto); }},
    {"prototxt", "x.prototxt", caffe_definition},
    {"caffemodel", "x.caffemodel", caffe_weights, [] { return static_cast<google::protobuf::Message*>(new caffe::NetParameter); }},
    {"npy", "x.npy", npy},
    {"picture", "x.png", picture},
    {"labels", "x.txt", labels},
    {"results", "results.json", results},
    {"checkpoint", "x.checkpoint", checkpoint},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

}  // namespace phosphene::fuzz

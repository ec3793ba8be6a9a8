// Model: the network under study: its layers, units, preprocessing and labels.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/picture.h>
#include <phosphene/request.h>
#include <phosphene/session.h>

namespace phosphene::api {

struct Layer {
  std::string name;            // the value by which the layer is addressed
  std::string op;              // ONNX operator
  std::vector<int64_t> shape;  // [n, c, h, w]; -1: depends on the batch or the size of the picture
  int64_t units = 0;           // channels; -1: unknown
  bool computes = false;       // depends on the picture, and does more than move, reshape or count values
};

// What a layer computes of pictures.
struct LayerValues {
  std::string layer;           // the value's name
  std::vector<int64_t> shape;  // [n, ...]
  std::vector<float> values;
};

// Immutable; copies share the weights.
class PHOSPHENE_EXPORT Model {
 public:
  // The model that the request's field "model" names, read according to its fields "preprocess", "labels", "output", "fix", "input_size"
  // and "random_weights". phosphene::Error for a file that is missing, damaged or not understood.
  Model(Session& session, const Request& request);

  std::string name() const;    // file stem or embedded name
  std::string sha256() const;  // of the file
  std::vector<Layer> layers() const;
  // Name of the layer that a text stands for: a value, a node, a module's path ("layer4.1.conv2"), a unique part of a name. If there is
  // none or more than one, phosphene::Error lists candidates.
  std::string find_layer(const std::string& text) const;
  int64_t units(const std::string& layer) const;
  std::string preprocess() const;           // in the words of --preprocess: "caffe size=227x227"
  bool preprocess_known() const;            // false: a default, since neither the file nor the request says it
  std::vector<std::string> labels() const;  // of the output's classes; empty: unknown
  std::string to_json() const;              // what `phosphene inspect --json` prints
  // Values of layers (empty: of the outputs) for pictures of any size, each preprocessed first, in float32. phosphene::Error for a layer
  // that there is not, and for a network that does not take one picture of as many channels.
  std::vector<LayerValues> run(Session& session, std::span<const Picture> pictures, const std::vector<std::string>& layers = {}) const;
  // The gradient of sum(weights * value of the layer) at each picture: [n, c, h, w], at the network's input values, not at pixels (Simonyan
  // et al. 2014, arXiv 1312.6034). `weights`: one for each of the layer's values of one picture, or one a unit, the same at all positions.
  // phosphene::Error as above, and for another number of weights.
  LayerValues gradient(Session& session, std::span<const Picture> pictures, const std::string& layer, std::span<const float> weights) const;

  struct Body;  // the library's own
  const Body& body() const { return *body_; }

 private:
  std::shared_ptr<const Body> body_;
};

}  // namespace phosphene::api

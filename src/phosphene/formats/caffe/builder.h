// The graph of a Caffe network while its layers are converted one by one. For the sources of formats/caffe only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/formats/caffe/layer.h"
#include "phosphene/formats/caffe/weights.h"

namespace phosphene::caffe {

class GraphBuilder {
 public:
  // The layers of the phase in order; their names and those of their blobs are kept free for their values.
  GraphBuilder(std::string name, const std::vector<const LayerParameter*>& layers, Weights& weights);

  // `shape` as declared; the graph's input leaves the batch open.
  void add_input(const std::string& blob, const Shape& shape);
  // A blob that only training fills; no layer that stays may read it.
  void add_label(const std::string& blob) { labels_.insert(blob); }
  void add_layer(const LayerType& type, const LayerParameter& param);

  // A layer that cannot be converted becomes opaque, and so does, by left_out(), every layer that reads one of its tops.
  void leave_out(const LayerParameter& param, const Error& error);
  bool left_out(const LayerParameter& param);

  // The graph; outputs are the tops that no layer read. The error of the first layer left out when no other is there.
  Graph finish();

 private:
  friend class Layer;

  Values bottoms_of(const LayerParameter& param);
  std::string top_name(const LayerParameter& param, int index);
  void name_top(size_t first_node, const std::string& value, const std::string& name, const std::string& node);
  Values add_node(const std::string& layer, const std::string& op, Values inputs, size_t outputs, Attributes attributes);
  std::string add_constant(const std::string& name, Tensor tensor);
  std::string free_name(const std::string& wanted);
  std::string filled(int64_t count, float value);

  Graph graph_;
  Weights& weights_;
  std::set<std::string> layer_names_, reserved_, labels_, node_names_, consumed_;
  std::map<std::string, const LayerParameter*> last_writer_;  // of a blob
  std::map<std::string, std::string> values_;                 // of a blob, at this point
  std::map<std::string, ValueType> types_;                    // of a value, with the declared batch
  Values tops_;                                               // values of all tops so far
  std::map<std::pair<int64_t, float>, std::string> filled_;
  std::map<std::string, std::string> causes_;  // of blobs that opaque layers were to make
  std::optional<Error> first_failure_;
  std::map<std::string, int> repeats_;  // of a wanted name
};

}  // namespace phosphene::caffe

// Text: protobuf's text format. Binary: one NetParameter message.
#include "phosphene/formats/caffe/parse.h"

#include <climits>
#include <map>
#include <set>

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"

namespace phosphene::caffe {

namespace {

constexpr int kMaxNesting = 64;
constexpr size_t kMaxTextBytes = size_t{64} << 20;

// Fields that definitions often set and that mean nothing to a trained network.
const std::set<std::string> kMeaningless = {"accuracy_param",
                                            "backend",
                                            "bias_filler",
                                            "blobs_lr",
                                            "data_filler",
                                            "debug_info",
                                            "decay_mult",
                                            "dropout_param",
                                            "engine",
                                            "filler",
                                            "force_backward",
                                            "force_nd_im2col",
                                            "hinge_loss_param",
                                            "infogain_loss_param",
                                            "loss_param",
                                            "loss_weight",
                                            "mirror",
                                            "moving_average_fraction",
                                            "param",
                                            "phase",
                                            "prefetch",
                                            "propagate_down",
                                            "rand_skip",
                                            "root_folder",
                                            "shuffle",
                                            "source",
                                            "weight_decay",
                                            "weight_filler",
                                            "dropout_ratio",
                                            "force_color",
                                            "stable_prod_grad",
                                            "sigmoid_param",
                                            "tanh_param",
                                            "scale_filler",
                                            "scale_train",
                                            "meanfile"};

bool changes_sizes(const std::string& field) {
  for (const char* word :
       {"pad", "kernel", "stride", "dilat", "ceil", "floor", "round", "size", "axis", "dim", "height", "width", "group", "crop", "offset"})
    if (field.find(word) != std::string::npos) return true;
  return false;
}

class Messages : public google::protobuf::io::ErrorCollector {
 public:
  explicit Messages(std::string file) : file_(std::move(file)) {}

  void AddError(int line, int column, const std::string& message) override {
    if (error_.empty()) error_ = message, line_ = line, column_ = column;
  }

  // "Message type "phosphene.caffe.ConvolutionParameter" has no field named "stide"."
  void AddWarning(int line, int, const std::string& message) override {
    const size_t end = message.rfind('"'), start = end == 0 || end == std::string::npos ? end : message.rfind('"', end - 1);
    if (start == std::string::npos) return;
    const std::string field = message.substr(start + 1, end - start - 1);
    if (kMeaningless.contains(field)) return;
    const bool of_a_layer = message.find("Parameter\"") != std::string::npos && message.find("LayerParameter\"") == std::string::npos &&
                            message.find("DataParameter\"") == std::string::npos &&
                            message.find("TransformationParameter\"") == std::string::npos;
    if (of_a_layer && changes_sizes(field)) AddError(line, 0, fmt::format("the field {} is not known, and sizes may depend on it", field));
    unknown_.emplace(field, line + 1);
  }

  void require_no_error() const {
    if (error_.empty()) return;
    const std::string place = line_ < 0 ? file_ : fmt::format("{}:{}:{}", file_, line_ + 1, column_ + 1);
    throw Error(error_.ends_with('.') ? error_.substr(0, error_.size() - 1) : error_, "correct the definition").at(place);
  }

  void log_warnings() const {
    for (const auto& [field, line] : unknown_) log_warning(fmt::format("{}:{}: the field {} is not known and skipped", file_, line, field));
  }

 private:
  std::string file_, error_;
  int line_ = 0, column_ = 0;
  std::map<std::string, int> unknown_;  // first line of each field
};

}  // namespace

NetParameter parse_definition(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  if (text.size() > kMaxTextBytes) throw Error("is larger than any definition", "give a .prototxt").at(file.string());
  Messages messages(file.string());
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&messages);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(kMaxNesting);
  NetParameter net;
  const bool parsed = parser.ParseFromString(text, &net);
  messages.require_no_error();
  if (!parsed) throw Error("is no definition of a Caffe network", "give a .prototxt").at(file.string());
  messages.log_warnings();
  located(file.string(), [&] { upgrade(net); });
  return net;
}

NetParameter parse_weights(const std::filesystem::path& file) {
  return located(file.string(), [&] {
    const std::string bytes = read_file(file);
    if (bytes.size() > INT_MAX) throw Error("is larger than 2 GiB, which no Caffe file is", "give a .caffemodel");
    NetParameter net;
    if (bytes.empty() || !net.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      throw Error("not a Caffe model or cut short", "copy it again");
    if (net.layer_size() == 0 && net.layers_size() == 0)
      throw Error("holds no layers", "give the .caffemodel that belongs to the definition");
    upgrade(net);
    return net;
  });
}

}  // namespace phosphene::caffe

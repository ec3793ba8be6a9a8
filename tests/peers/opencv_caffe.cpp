// A Caffe network by OpenCV and by phosphene, with the same random weights and input:
//
//     opencv_caffe FILE.prototxt [SEED]
//
// The outputs and the scores before a softmax must agree within 1e-4 of their largest value: both sum in float32, in another order. On
// networks with few inputs phosphene's gradient is compared with differences of OpenCV's outputs, too.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <phosphene_caffe.pb.h>
#include <opencv2/dnn.hpp>

#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/program.h"
#include "phosphene/formats/caffe.h"
#include "phosphene/formats/caffe/parse.h"
#include "phosphene/model/model.h"

namespace phosphene {
namespace {

constexpr double kOutputTolerance = 1e-4;
// A difference over h of float32 outputs has an error near 1e-7 / h, and is wrong where a maximum changes hands within h.
constexpr double kGradientTolerance = 2e-2, kStep = 3e-3, kShareAtKinks = 0.1;
constexpr size_t kFewInputs = 4000;
constexpr int kProbes = 40;

// Blobs of a layer type in Caffe's order, by the names that their weights have in the graph.
const std::map<std::string, std::vector<std::string>> kBlobs = {
    {"Convolution", {"weight", "bias"}},
    {"Deconvolution", {"weight", "bias"}},
    {"InnerProduct", {"weight", "bias"}},
    {"BatchNorm", {"mean", "variance"}},
    {"Scale", {"scale", "bias"}},
    {"Bias", {"bias"}},
    {"PReLU", {"slope"}},
};

void add_blob(caffe::LayerParameter& layer, const Tensor& tensor) {
  caffe::BlobProto& blob = *layer.add_blobs();
  // OpenCV wants slopes and factors as vectors; the graph holds them with trailing ones.
  const bool is_vector = tensor.shape().rank() > 0 && tensor.shape()[0] == tensor.size();
  for (const int64_t extent : is_vector ? Shape{tensor.size()} : tensor.shape()) blob.mutable_shape()->add_dim(extent);
  for (const float value : tensor.floats()) blob.add_data(value);
}

void write_weights(const std::filesystem::path& definition, uint64_t seed, const std::filesystem::path& file) {
  const Graph graph = read_caffe({definition, {}, seed}).graph;
  caffe::NetParameter net = caffe::parse_definition(definition);
  for (caffe::LayerParameter& layer : *net.mutable_layer()) {
    const auto parts = kBlobs.find(layer.type());
    if (parts == kBlobs.end() || layer.bottom_size() > 1) continue;
    for (const std::string& part : parts->second) {
      if (part == "bias" && layer.type() == "Scale" && !layer.scale_param().bias_term()) continue;
      if (const TensorPtr tensor = graph.constant(layer.name() + "." + part)) add_blob(layer, *tensor);
    }
    if (layer.type() == "BatchNorm") add_blob(layer, Tensor(Shape{1}, std::vector<float>{1}));
  }
  write_file(file, net.SerializeAsString());
}

struct Peer {
  cv::dnn::Net net;
  std::string input;
  std::vector<cv::String> outputs;  // OpenCV names values by the layer that makes them
  std::vector<int> shape;

  std::vector<std::vector<float>> run(const std::vector<float>& x) {
    net.setInput(cv::Mat(shape, CV_32F, const_cast<float*>(x.data())), input);
    std::vector<cv::Mat> results;
    net.forward(results, outputs);
    std::vector<std::vector<float>> values;
    for (const cv::Mat& result : results) values.emplace_back(result.begin<float>(), result.end<float>());
    return values;
  }
};

double largest(std::span<const float> values) {
  double most = 0;
  for (const float value : values) most = std::max(most, static_cast<double>(std::abs(value)));
  return most;
}

// Largest difference over the largest value; infinite for different sizes or values that are no numbers.
double difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - b[i]);
    worst = std::isfinite(d) ? std::max(worst, d) : INFINITY;
  }
  return worst / std::max(largest(b), 1e-30);
}

// Share of probed inputs whose gradient differs by more than the tolerance from a difference of OpenCV's outputs.
double wrong_gradients(Peer& peer, Program& program, const std::string& output, std::vector<float> x, Rng& rng) {
  const std::span<float> seed = program.seed(output);
  rng.fill_normal(seed);
  program.backward();
  const auto gradient = program.gradient(peer.input);
  const double scale = largest(gradient);
  const auto weighted = [&] {
    const std::vector<float> y = peer.run(x)[0];
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * seed[i];
    return sum;
  };
  int wrong = 0;
  for (int probe = 0; probe < kProbes; ++probe) {
    const auto i = static_cast<size_t>(rng.below(static_cast<int64_t>(x.size())));
    const float before = x[i], above = before + static_cast<float>(kStep), below = before - static_cast<float>(kStep);
    x[i] = above;
    const double high = weighted();
    x[i] = below;
    const double low = weighted();
    x[i] = before;
    const double numeric = (high - low) / (static_cast<double>(above) - below);
    if (!(std::abs(numeric - gradient[i]) <= kGradientTolerance * scale)) ++wrong;
  }
  return static_cast<double>(wrong) / kProbes;
}

bool compare(const std::filesystem::path& definition, uint64_t seed) {
  const TemporaryFolder folder;
  const std::filesystem::path weights = folder / "random.caffemodel";
  write_weights(definition, seed, weights);
  const Model model = load_model(definition.string() + ":" + weights.string());
  const GraphInput& input = model.input();

  // A softmax over random scores is often 0 and 1 and hides every difference: what it reads is compared, too.
  std::vector<std::string> values = model.graph.outputs;
  if (std::find(values.begin(), values.end(), model.logits()) == values.end()) values.push_back(model.logits());
  CompileOptions options{.batch = 1, .values = values};
  options.seeds = {values[0]};
  options.gradients = {input.name};
  const auto program = find_engine("onednn").compile(model.graph, options);

  // Definitions of the older forms reach OpenCV as text too: it has an upgrade of its own.
  Peer peer{cv::dnn::readNetFromCaffe(definition.string(), weights.string()), input.name, {}, {}};
  peer.net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  for (const std::string& output : values) peer.outputs.push_back(model.graph.find_producer(output)->name);
  for (const int64_t extent : program->graph().type_of(input.name).shape) peer.shape.push_back(static_cast<int>(extent));

  const std::span<float> buffer = program->input(input.name);
  Rng rng(seed, "input");
  const bool pixels = input.type.shape.rank() == 4 && input.type.shape[1] == 3 && buffer.size() > kFewInputs;
  rng.fill_normal(buffer, pixels ? 60 : 1);
  const std::vector<float> x(buffer.begin(), buffer.end());
  program->forward();
  const auto theirs = peer.run(x);

  bool good = true;
  std::string line = definition.filename().string();
  for (size_t i = 0; i < theirs.size(); ++i) {
    const double error = difference(program->value(values[i]), theirs[i]);
    line += fmt::format("  {} {:.1e} (largest {:.2g})", values[i], error, largest(theirs[i]));
    good &= error <= kOutputTolerance && largest(theirs[i]) > 0;
  }
  if (x.size() <= kFewInputs) {
    const double share = wrong_gradients(peer, *program, values[0], x, rng);
    line += fmt::format("  gradients off {:.0f} %", 100 * share);
    good &= share <= kShareAtKinks;
  }
  fmt::print("{}  {}\n", line, good ? "ok" : "DIFFERS");
  return good;
}

}  // namespace
}  // namespace phosphene

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: opencv_caffe FILE.prototxt [SEED]\n");
    return 2;
  }
  try {
    return phosphene::compare(argv[1], argc > 2 ? std::stoull(argv[2]) : 1) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

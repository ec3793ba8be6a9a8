#include "phosphene/synth/prior.h"

#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/synth/fourier_prior.h"
#include "phosphene/synth/maco_prior.h"
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr const char* kBuiltin = "tin200-fc6";
constexpr double kSigmasPerStep = 2.1;  // 8 over the mean sigma of CaffeNet's fc6
constexpr double kPublishedLr0 = 8;

double mean_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double code_sigma(const Model& generator) {
  const auto found = generator.provenance.find("code_sigma_mean");
  if (found != generator.provenance.end() && found->is_number()) return found->get<double>();
  if (!generator.bounds || generator.bounds->upper.empty()) return 0;
  return mean_of(generator.bounds->upper) / 3;  // upper = mean + 3 sigma, and most code units are near 0
}

std::optional<Encoder> encoder_of(const Model& generator) {
  const Json& made = generator.provenance;
  const auto text = [](const Json& json, const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  Encoder encoder{text(made, "network"), made.contains("recipe") ? text(made["recipe"], "network") : "", text(made, "code_layer")};
  if (encoder.network.empty() || encoder.hash.empty() || encoder.layer.empty()) return std::nullopt;
  return encoder;
}

// The file's {"rule", "lr", "decay", "views"}, each optional.
Usual usual_of(const Model& generator) {
  Usual usual;
  const std::string todo = R"(write phosphene.search as {"rule": "dgn-am", "lr": 0.5, "decay": 0.98, "views": "noise=0.1"} into the file)";
  if (!generator.search.is_object()) throw Error("its phosphene.search is no object", todo);
  for (const auto& [key, value] : generator.search.items()) {
    if (key != "rule" && key != "lr" && key != "decay" && key != "views")
      throw Error(fmt::format("its phosphene.search has the field \"{}\"", key), todo);
    const double number = value.is_number() ? value.get<double>() : 0;
    const bool fits = key == "rule" || key == "views" ? value.is_string() : number > 0 && (key == "lr" || number <= 1);
    if (!fits) throw Error(fmt::format("its phosphene.search has {} = {}", key, value.dump()), todo);
    if (key == "rule")
      usual.rule = find_rule(value.get<std::string>()).name;
    else if (key == "views")
      usual.views = located("its phosphene.search > views", [&] { return parse_views(value.get<std::string>()); });
    else if (key == "lr")
      usual.lr0 = number;
    else
      usual.decay = number;
  }
  return usual;
}

}  // namespace

Prior generator_prior(const Model& generator) {
  return located(fmt::format("prior {}", generator.name), [&] {
    Prior prior;
    prior.name = generator.name;
    prior.hash = generator.hash;
    prior.graph = generator.graph;
    const GraphInput& input = generator.input();
    prior.code = input.name;
    if (generator.graph.outputs.empty()) throw Error("the generator has no output");
    prior.image = generator.graph.outputs.front();
    const Shape& code = input.type.shape;
    const Shape& image = generator.graph.type_of(prior.image).shape;
    const std::string todo = "give a generator from a code [n, size] to a picture [n, 3, height, width]";
    if (code.rank() < 2) throw Error(fmt::format("its input {} has the shape {}, which is no code", input.name, code), todo);
    for (int axis = 1; axis < code.rank(); ++axis)
      if (code[axis] <= 0) throw Error(fmt::format("its code {} has the open shape {}", input.name, code), todo);
    prior.code_size = code.size(1, code.rank());
    if (image.rank() != 4 || (image[1] != 1 && image[1] != 3) || image[2] <= 0 || image[3] <= 0)
      throw Error(fmt::format("its output {} has the shape {}, which is no picture", prior.image, image), todo);
    prior.picture = {generator.preprocess, image[2], image[3]};
    if (generator.preprocess.channels() != image[1])
      throw Error(
          fmt::format("its output {} has {} channels, its preprocessing {}", prior.image, image[1], generator.preprocess.channels()),
          "correct phosphene.preprocess in the file");
    if (generator.bounds) {
      const auto size = static_cast<size_t>(prior.code_size);
      if (generator.bounds->upper.size() != size || generator.bounds->lower.size() != size)
        throw Error(fmt::format("its bounds have {} values, its code {}", generator.bounds->upper.size(), size),
                    "write one bound a code unit into phosphene.code_lower and phosphene.code_upper");
      prior.bounds = generator.bounds;
    }
    prior.code_sigma = code_sigma(generator);
    prior.encoder = encoder_of(generator);
    prior.usual = usual_of(generator);
    return prior;
  });
}

Prior pixel_prior(const PictureSpace& input) {
  const int64_t channels = input.preprocess.channels(), area = input.height * input.width;
  Prior prior;
  prior.name = "pixel";
  prior.code = "code";
  prior.image = "picture";
  prior.code_size = channels * area;
  prior.picture = input;
  prior.graph.name = "pixel";
  prior.graph.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, prior.code_size}}}};
  prior.graph.outputs = {"picture"};
  prior.graph.add_weight("picture_shape", Tensor::ints({0, channels, input.height, input.width}));
  prior.graph.nodes = {{"to_picture", "Reshape", {"code", "picture_shape"}, {"picture"}, {}}};
  prior.graph = infer_shapes(std::move(prior.graph));
  CodeBounds bounds;
  double range = 0;
  for (int64_t c = 0; c < channels; ++c) {
    const auto channel = static_cast<size_t>(c);
    const float mean = input.preprocess.mean.at(channel), deviation = input.preprocess.deviation.at(channel);
    const float low = -mean / deviation, high = (255 * input.preprocess.scale - mean) / deviation;
    bounds.lower.insert(bounds.lower.end(), static_cast<size_t>(area), low);
    bounds.upper.insert(bounds.upper.end(), static_cast<size_t>(area), high);
    range += static_cast<double>(high - low) / static_cast<double>(channels);
  }
  prior.bounds = std::move(bounds);
  prior.code_sigma = range / 6;  // plus and minus three sigma fill the range
  return prior;
}

Prior load_prior(const std::string& name, const PictureSpace& input, const LoadOptions& options) {
  if (name == "pixel") return pixel_prior(input);
  if (name == "fourier") return fourier_prior(input);
  if (name == "maco") return maco_prior(input);
  const Model generator = load_model(name == "builtin" ? kBuiltin : name, options);
  if (!generator.preprocess_known)
    log_warning(fmt::format("prior {} does not say what its values are as pixels; assuming \"{}\"", generator.name,
                            preprocess_words(generator.preprocess)));
  return generator_prior(generator);
}

double default_lr0(const Prior& prior, const std::string& rule) {
  if (prior.usual.lr0 && rule == prior.usual.rule) return *prior.usual.lr0;
  return prior.code_sigma > 0 ? kSigmasPerStep * prior.code_sigma : kPublishedLr0;
}

bool takes_input_size(const std::string& name) { return name == "pixel" || name == "fourier" || name == "maco"; }

PictureSpace input_space(const Model& network, ImageSize fallback) {
  return located(fmt::format("network {}", network.name), [&] {
    const GraphInput& input = network.input();
    const Shape& shape = input.type.shape;
    if (shape.rank() != 4) throw Error(fmt::format("its input {} has the shape {}, which is no picture", input.name, shape));
    PictureSpace space{network.preprocess, shape[2], shape[3]};
    if (space.height <= 0) space.height = network.preprocess.height > 0 ? network.preprocess.height : fallback.height;
    if (space.width <= 0) space.width = network.preprocess.width > 0 ? network.preprocess.width : fallback.width;
    if (space.height <= 0 || space.width <= 0) throw Error("its image size is open", "give it with --input-size HxW");
    if (shape[1] != kUnknown && shape[1] != 1 && shape[1] != 3)
      throw Error(fmt::format("its input {} has {} channels, a picture 1 or 3", input.name, shape[1]),
                  "run --input X.npy takes other arrays");
    if (shape[1] != kUnknown && shape[1] != network.preprocess.channels())
      throw Error(fmt::format("its input has {} channels, its preprocessing {}", shape[1], network.preprocess.channels()),
                  "give the colour order with --preprocess");
    return space;
  });
}

}  // namespace phosphene

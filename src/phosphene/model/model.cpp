// Meaning in a plain ONNX file: metadata_props "phosphene.kind", ".preprocess", ".labels", ".search", ".encoder", ".provenance" (one JSON
// value each), and the initializers "phosphene.code_lower", "phosphene.code_upper" and "phosphene.code_bank". A file without them gets what
// its shapes tell, and so does a Caffe network.
#include "phosphene/model/model.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/installation.h"
#include "phosphene/base/text.h"
#include "phosphene/formats/caffe.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/inference_mode.h"
#include "phosphene/model/leading_normalisation.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLower = "phosphene.code_lower";
constexpr const char* kUpper = "phosphene.code_upper";
constexpr const char* kBank = "phosphene.code_bank";

struct KindName {
  ModelKind kind;
  const char* name;
};
constexpr KindName kKinds[] = {{ModelKind::kClassifier, "classifier"}, {ModelKind::kGenerator, "generator"}, {ModelKind::kOther, "other"}};

std::optional<Json> metadata(const OnnxFile& file, const std::string& key) {
  const auto found = file.metadata.find("phosphene." + key);
  if (found == file.metadata.end()) return std::nullopt;
  Json json = Json::parse(found->second, nullptr, false);
  if (json.is_discarded()) throw Error(fmt::format("metadata phosphene.{} is not JSON", key), "write the file again");
  return json;
}

bool is_image(const Shape& shape) { return shape.rank() == 4 && (shape[1] == 1 || shape[1] == 3); }

bool is_scores(const Shape& shape) { return shape.rank() == 2 || (shape.rank() == 4 && shape[2] == 1 && shape[3] == 1); }

ModelKind guess_kind(const Graph& graph) {
  if (graph.inputs.size() != 1 || graph.outputs.empty()) return ModelKind::kOther;
  const Shape& input = graph.inputs[0].type.shape;
  const auto found = graph.types.find(class_output(graph, 0).output);
  if (found == graph.types.end()) return ModelKind::kOther;
  const Shape& output = found->second.shape;
  if (is_image(input) && is_scores(output)) return ModelKind::kClassifier;
  if (!is_image(input) && is_image(output)) return ModelKind::kGenerator;
  return ModelKind::kOther;
}

// Sizes and channels from the image's shape; colours stay the defaults.
Preprocess guess_preprocess(const Model& model) {
  Preprocess preprocess;
  const Graph& graph = model.graph;
  const auto output = graph.outputs.empty() ? graph.types.end() : graph.types.find(graph.outputs.back());
  const Shape shape = model.kind == ModelKind::kGenerator ? output->second.shape
                      : graph.inputs.empty()              ? Shape{}
                                                          : graph.inputs[0].type.shape;
  if (!is_image(shape)) return preprocess;
  preprocess.height = std::max<int64_t>(shape[2], 0);
  preprocess.width = std::max<int64_t>(shape[3], 0);
  if (shape[1] == 1) {
    preprocess.order = ColourOrder::kGrey;
    preprocess.mean = {0};
    preprocess.deviation = {1};
  }
  return preprocess;
}

TensorPtr take_floats(Graph& graph, const char* name) {
  const TensorPtr tensor = graph.constant(name);
  if (!tensor) throw Error(fmt::format("weight {} is missing", name), "write the generator again");
  if (tensor->type() != DataType::kFloat32) throw Error(fmt::format("weight {} holds no floats", name), "write the generator again");
  graph.weights.erase(name);
  return tensor;
}

std::vector<float> take_bounds(Graph& graph, const char* name) {
  const TensorPtr tensor = take_floats(graph, name);
  return {tensor->floats().begin(), tensor->floats().end()};
}

std::optional<CodeBounds> read_bounds(Graph& graph) {
  if (!graph.constant(kLower) && !graph.constant(kUpper)) return std::nullopt;
  CodeBounds bounds{take_bounds(graph, kLower), take_bounds(graph, kUpper)};
  if (bounds.lower.size() != bounds.upper.size())
    throw Error(fmt::format("{} lower but {} upper code bounds", bounds.lower.size(), bounds.upper.size()), "write the generator again");
  return bounds;
}

// Metadata first, then a normalisation that the graph begins with; else the defaults at the sizes that the shapes tell.
void read_preprocess(Model& model, const std::optional<Json>& json) {
  model.preprocess_known = json.has_value();
  model.preprocess = json ? Preprocess::from_json(*json) : guess_preprocess(model);
  model.preprocess_source = json ? "written in the file" : "assumed";
  if (json || model.kind == ModelKind::kGenerator || model.graph.inputs.size() != 1) return;
  const auto found = find_leading_normalisation(model.graph, model.graph.inputs[0].name);
  if (!found) return;
  model.preprocess = parse_preprocess(found->words, model.preprocess);
  model.preprocess_known = true;
  model.preprocess_source = fmt::format("told by the normalisation that ends in {}", found->value);
}

bool size_is_open(const Graph& graph) {
  return std::ranges::any_of(graph.inputs, [](const GraphInput& input) {
    const Shape& shape = input.type.shape;
    return shape.rank() == 4 && std::count(shape.begin() + 1, shape.end(), kUnknown) > 0;
  });
}

fs::path find_model_file(const std::string& name) {
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) return name;
  if (name.find('/') == std::string::npos) {
    const fs::path embedded = models_folder() / (name + ".onnx");
    if (fs::is_regular_file(embedded, ignored)) return embedded;
  }
  std::string known;
  for (const std::string& model : embedded_models()) known += (known.empty() ? "" : ", ") + model;
  throw Error("no such file and no embedded model",
              known.empty() ? "give an ONNX file" : fmt::format("give an ONNX file or one of {}", known))
      .at(name);
}

// "FILE.prototxt:FILE.caffemodel" or "FILE.prototxt"; nothing for other names.
std::optional<CaffeSource> caffe_source(const std::string& name, const LoadOptions& options) {
  constexpr std::string_view kDefinition = ".prototxt", kWeights = ".caffemodel";
  if (name.ends_with(kDefinition)) return CaffeSource{name, {}, options.random_weights};
  const size_t colon = name.find(std::string(kDefinition) + ":");
  if (colon != std::string::npos) {
    const size_t end = colon + kDefinition.size();
    return CaffeSource{name.substr(0, end), name.substr(end + 1)};
  }
  if (name.ends_with(kWeights)) throw Error("weights need their definition", fmt::format("write FILE.prototxt:{}", name)).at(name);
  return std::nullopt;
}

// A data layer's x = (pixel - mean) * scale is pixel * scale - mean * scale.
Preprocess caffe_preprocess(Preprocess preprocess, const std::optional<CaffePixels>& pixels) {
  const auto channels = static_cast<size_t>(preprocess.channels());
  preprocess.scale = pixels ? pixels->scale : 1;
  if (channels == 3) preprocess.order = ColourOrder::kBgr;
  std::vector<float> mean(channels, 0);
  if (pixels && !pixels->mean.empty()) {
    if (pixels->mean.size() != 1 && pixels->mean.size() != channels)
      throw Error(fmt::format("{} mean_value stand beside {} channels", pixels->mean.size(), channels), "correct transform_param");
    for (size_t c = 0; c < channels; ++c) mean[c] = pixels->mean[pixels->mean.size() == 1 ? 0 : c] * pixels->scale;
  } else if (!pixels && channels == 3) {
    mean = {104, 117, 123};
  }
  preprocess.mean = std::move(mean);
  return preprocess;
}

Model load_caffe(const CaffeSource& source, const LoadOptions& options) {
  CaffeNetwork network = read_caffe(source);
  return located(source.definition.string(), [&] {
    Model model;
    model.name = as_utf8(source.definition.stem().string());
    const std::string definition = sha256_of_file(source.definition);
    model.hash = sha256(
        definition + (source.weights.empty() ? fmt::format("random weights {}", *source.random_weights) : sha256_of_file(source.weights)));
    model.graph = with_shapes(with_inputs(std::move(network.graph), options.inputs));
    model.kind = guess_kind(model.graph);
    if (model.kind == ModelKind::kGenerator) network.pixels.reset();  // it speaks of the input, which is a code
    model.preprocess_known = network.pixels.has_value();
    model.preprocess_source = model.preprocess_known ? "written in the definition" : "assumed";
    model.preprocess = caffe_preprocess(guess_preprocess(model), network.pixels);
    if (source.weights.empty()) model.provenance["random_weights"] = *source.random_weights;
    return model;
  });
}

}  // namespace

const GraphInput& Model::input() const {
  const GraphInput* found = nullptr;
  for (const GraphInput& candidate : graph.inputs) {
    if (candidate.type.type != DataType::kFloat32) continue;
    if (found)
      throw Error(fmt::format("has several inputs ({}, {} ...)", found->name, candidate.name), "give all but one with --fix NAME=VALUE")
          .at(name);
    found = &candidate;
  }
  if (!found) throw Error("has no input of floats", "give a model with one image or code input").at(name);
  return *found;
}

OutputMeaning Model::meaning() const {
  OutputMeaning meaning = output.empty() ? class_output(graph, labels.size()) : meaning_of(graph, output);
  const bool named = !labels.empty() && meaning.units == static_cast<int64_t>(labels.size());
  if (meaning.kind == OutputKind::kEmbedding && named) meaning.kind = OutputKind::kClasses;
  return meaning;
}

Graph with_shapes(Graph graph) {
  try {
    return infer_shapes(graph);
  } catch (const Error& error) {
    if (size_is_open(graph))
      throw Error(fmt::format("its shapes do not follow while the picture's size is open ({}: {})", error.where(), error.problem()),
                  "give the size with --input-size HxW");
  }
  std::optional<Graph> part;
  std::optional<Error> misfit;
  try {
    part = set_aside(graph);
  } catch (const Error& error) {
    misfit = error;
  }
  if (part && part->outputs == graph.outputs) return std::move(*part);
  try {
    if (graph.outputs.empty()) throw Error("nothing is wanted");
    graph.types = prepare(graph, 1, graph.outputs, true).types;
    return graph;
  } catch (const Error&) {
    if (misfit) throw Error(*misfit);
    return std::move(*part);
  }
}

namespace {

Model load_any(const std::string& name_or_file, const LoadOptions& options) {
  if (const auto source = caffe_source(name_or_file, options)) return load_caffe(*source, options);
  const fs::path file = find_model_file(name_or_file);
  OnnxFile onnx = read_onnx(file);
  return located(file.string(), [&] {
    Model model;
    model.name = as_utf8(file.stem().string());
    model.file = file;
    model.hash = sha256_of_file(file);
    if (!onnx.weights.empty()) {
      for (const fs::path& weights : onnx.weights) model.hash += sha256_of_file(weights);
      model.hash = sha256(model.hash);
    }
    model.bounds = read_bounds(onnx.graph);
    if (onnx.graph.constant(kBank)) model.bank = *take_floats(onnx.graph, kBank);
    Graph fixed = with_inputs(in_inference_mode(std::move(onnx.graph), model.notes), {.fixed = options.inputs.fixed});
    Graph sized = with_inputs(with_batch(std::move(fixed)), {.size = options.inputs.size});
    Graph turned = channels_first(sized);
    model.channels_last = turned.inputs.size() == 1 && turned.inputs[0].type != sized.inputs[0].type;
    model.graph = with_shapes(std::move(turned));
    model.kind = guess_kind(model.graph);
    if (const auto json = metadata(onnx, "kind")) {
      const auto* entry = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindName& known) { return *json == known.name; });
      if (entry == std::end(kKinds)) throw Error(fmt::format("unknown kind {}", json->dump()), "use classifier, generator or other");
      model.kind = entry->kind;
    }
    read_preprocess(model, metadata(onnx, "preprocess"));
    if (model.preprocess_source == "assumed" && model.graph.inputs.size() == 1 && onnx.byte_inputs.contains(model.graph.inputs[0].name))
      model.preprocess.scale = 1;  // it takes bytes
    if (const auto labels = metadata(onnx, "labels")) {
      if (!labels->is_array()) throw Error("metadata phosphene.labels is not a list of strings", "write the file again");
      for (const Json& label : *labels) {
        if (!label.is_string()) throw Error("metadata phosphene.labels is not a list of strings", "write the file again");
        model.labels.push_back(label.get<std::string>());
      }
    }
    if (const auto encoder = metadata(onnx, "encoder")) {
      if (!encoder->is_string()) throw Error("metadata phosphene.encoder is not a string", "write the file again");
      model.encoder = encoder->get<std::string>();
    }
    if (const auto search = metadata(onnx, "search")) model.search = *search;
    if (const auto provenance = metadata(onnx, "provenance")) model.provenance = *provenance;
    return model;
  });
}

}  // namespace

Model load_model(const std::string& name_or_file, const LoadOptions& options) {
  try {
    return load_any(name_or_file, options);
  } catch (const Error& error) {
    throw error.or_do("the file is damaged, or of a kind that is not supported: export it again");
  }
}

void save_model(const fs::path& file, const Model& model, bool half_weights) {
  OnnxFile onnx;
  onnx.graph = model.graph;
  for (const KindName& entry : kKinds)
    if (entry.kind == model.kind) onnx.metadata["phosphene.kind"] = Json(entry.name).dump();
  onnx.metadata["phosphene.preprocess"] = model.preprocess.to_json().dump();
  if (!model.labels.empty()) onnx.metadata["phosphene.labels"] = json_text(Json(model.labels), -1);
  if (!model.encoder.empty()) onnx.metadata["phosphene.encoder"] = json_text(Json(model.encoder), -1);
  if (!model.search.empty()) onnx.metadata["phosphene.search"] = json_text(model.search, -1);
  onnx.metadata["phosphene.provenance"] = json_text(model.provenance, -1);
  if (model.bounds) {
    const auto vector = [](const std::vector<float>& values) { return Tensor(Shape{static_cast<int64_t>(values.size())}, values); };
    onnx.graph.add_weight(kLower, vector(model.bounds->lower));
    onnx.graph.add_weight(kUpper, vector(model.bounds->upper));
  }
  if (model.bank) onnx.graph.add_weight(kBank, *model.bank);
  write_onnx(file, onnx, {.half_weights = half_weights});
}

std::vector<std::string> embedded_models() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(models_folder(), ignored))
    if (entry.path().extension() == ".onnx") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace phosphene

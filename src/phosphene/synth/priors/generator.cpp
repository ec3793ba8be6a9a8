// x = G(y): a generator's file, and what it says of its codes and of how they are searched.
#include <algorithm>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/priors/generator_inputs.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

constexpr const char *kBuiltin = "photos", *kBuiltinOfSmall = "tin200-fc6";
constexpr int64_t kSmallBelow = 96;  // pixels of the network's input

double mean_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double code_sigma(const Model& generator) {
  const auto found = generator.provenance.find("code_sigma_mean");
  if (found != generator.provenance.end() && found->is_number()) return found->get<double>();
  if (!generator.bounds || generator.bounds->upper.empty()) return 0;
  return mean_of(generator.bounds->upper) / 3;  // upper = mean + 3 sigma, and most code units are near 0
}

// A file beside the generator, or an embedded model.
std::string encoder_graph(const Model& generator) {
  const std::string& name = generator.encoder;
  if (name.find('/') != std::string::npos)
    throw Error(fmt::format("its phosphene.encoder \"{}\" is a path", name), "name a file beside it or an embedded model");
  if (generator.file.empty()) return name;
  std::error_code ignored;
  for (const std::string& file : {name, name + ".onnx"}) {
    const std::filesystem::path beside = generator.file.parent_path() / file;
    if (std::filesystem::is_regular_file(beside, ignored)) return beside.string();
  }
  return name;
}

std::optional<Encoder> encoder_of(const Model& generator) {
  if (!generator.encoder.empty()) return Encoder{.graph = encoder_graph(generator)};
  const Json& made = generator.provenance;
  const auto text = [](const Json& json, const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  Encoder encoder{text(made, "network"), made.contains("recipe") ? text(made["recipe"], "network") : "", text(made, "code_layer"), ""};
  if (encoder.network.empty() || encoder.hash.empty() || encoder.layer.empty()) return std::nullopt;
  return encoder;
}

// A field of phosphene.search: false where the value is of the wrong type or out of range.
struct SearchField {
  const char* name;
  bool (*read)(const Json& value, Usual& usual);
};

bool read_rule(const Json& value, Usual& usual) {
  if (value.is_string()) usual.rule = located("its phosphene.search", [&] { return to_text(parse_rule(value.get<std::string>())); });
  return value.is_string();
}
bool read_lr(const Json& value, Usual& usual) {
  if (value.is_number()) usual.lr0 = value.get<double>();
  return value.is_number() && usual.lr0 > 0;
}
bool read_decay(const Json& value, Usual& usual) {
  if (value.is_number()) usual.decay = value.get<double>();
  return value.is_number() && usual.decay > 0 && usual.decay <= 1;
}
bool read_views(const Json& value, Usual& usual) {
  if (value.is_string()) usual.views = located("its phosphene.search > views", [&] { return parse_views(value.get<std::string>()); });
  return value.is_string();
}
bool read_steps(const Json& value, Usual& usual) {
  if (value.is_number_integer()) usual.steps = value.get<int64_t>();
  return value.is_number_integer() && usual.steps >= 1 && usual.steps <= kMostSteps;
}
bool read_density(const Json& value, Usual& usual) {
  if (value.is_string()) usual.density = value.get<std::string>();
  return value.is_string();
}
bool read_init(const Json& value, Usual& usual) {
  if (!value.is_string()) return false;
  usual.init = value.get<std::string>();
  const Start& start = *find_start(*usual.init).start;
  return !start.given && !start.needs_argument;  // a file or an image is the user's
}

constexpr SearchField kSearchFields[] = {{"rule", read_rule},   {"lr", read_lr},     {"decay", read_decay},    {"views", read_views},
                                         {"steps", read_steps}, {"init", read_init}, {"density", read_density}};

Usual usual_of(const Model& generator) {
  Usual usual;
  const std::string todo = R"(write phosphene.search as {"rule": "dgn-am", "lr": 0.5, "decay": 0.98, "views": "noise=0.1"} into the file)";
  if (!generator.search.is_object()) throw Error("its phosphene.search is no object", todo);
  for (const auto& [key, value] : generator.search.items()) {
    const auto* field = std::ranges::find_if(kSearchFields, [&](const SearchField& known) { return key == known.name; });
    if (field == std::end(kSearchFields)) throw Error(fmt::format("its phosphene.search has the field \"{}\"", key), todo);
    if (!field->read(value, usual)) throw Error(fmt::format("its phosphene.search has {} = {}", key, value.dump()), todo);
  }
  return usual;
}

// One value a code unit; those of channels are spread over the grid.
std::vector<float> bounds_of(const std::vector<float>& given, const Shape& code) {
  if (static_cast<int64_t>(given.size()) == code.size()) return given;
  if (code.rank() == 3 && static_cast<int64_t>(given.size()) == code[0]) return spread(given, code);
  throw Error(fmt::format("its bounds have {} values, its code {}", given.size(), code.size()),
              "write one bound a code unit, or one a channel of a grid, into phosphene.code_lower and phosphene.code_upper");
}

std::vector<float> bank_of(const Tensor& bank, const Prior& prior) {
  const Shape &shape = bank.shape(), code = code_shape(prior);
  if (prior.grid && shape.rank() == 4 && shape.known() && shape.size() > 0 && shape[1] <= code[0])
    return with_zero_channels(fit_grid(bank, *prior.grid), shape[1], code);
  if (shape.rank() < 2 || shape[0] < 1 || shape.size(1, shape.rank()) != code.size())
    throw Error(fmt::format("its phosphene.code_bank has the shape {}, its code {}", shape, code), "write codes [k, code] into the file");
  return {bank.floats().begin(), bank.floats().end()};
}

// The value of that name, checked: the code, or its first channels, as the density makes it.
std::string density_of(const std::string& name, const Prior& prior) {
  if (name.empty()) return name;
  if (!prior.graph.find_producer(name))
    throw Error(fmt::format("its phosphene.search has density = \"{}\", which it does not compute", name));
  const Shape code = code_shape(prior), clean = prior.graph.type_of(name).shape;
  bool fits = clean.rank() == code.rank() + 1 && clean[1] <= code[0];
  for (int axis = 1; axis < code.rank(); ++axis) fits = fits && clean[axis + 1] == code[axis];
  if (!fits)
    throw Error(fmt::format("its density {} has the shape {}, its code {}", name, clean, code), "name a value of the code's shape");
  return name;
}

}  // namespace

Prior generator_prior(const Model& generator, const PictureSpace& input) {
  return located(fmt::format("prior {}", generator.name), [&] {
    Prior prior;
    prior.name = generator.name;
    prior.hash = generator.hash;
    prior.graph = generator.graph;
    prior.code = generator.input().name;
    if (generator.graph.outputs.empty()) throw Error("the generator has no output");
    prior.image = generator.graph.outputs.front();
    const std::string todo = "give a generator from a code [n, size] to a picture [n, 3, height, width]";
    Shape code = generator.input().type.shape;
    if (code.rank() < 2) throw Error(fmt::format("its input {} has the shape {}, which is no code", prior.code, code), todo);
    if (is_open_grid(code) && input.height > 0 && input.width > 0) {
      prior.grid = grid_for(generator.graph, {input.height, input.width});
      prior.graph = bind_grid(std::move(prior.graph), *prior.grid);
      code = prior.graph.find_input(prior.code)->type.shape;
    }
    for (int axis = 1; axis < code.rank(); ++axis)
      if (code[axis] <= 0) throw Error(fmt::format("its code {} has the open shape {}", prior.code, code), todo);
    prior.code_size = code.size(1, code.rank());
    const Shape& image = prior.graph.type_of(prior.image).shape;
    if (image.rank() != 4 || (image[1] != 1 && image[1] != 3) || image[2] <= 0 || image[3] <= 0)
      throw Error(fmt::format("its output {} has the shape {}, which is no picture", prior.image, image), todo);
    prior.picture = {generator.preprocess, image[2], image[3]};
    if (generator.preprocess.channels() != image[1])
      throw Error(
          fmt::format("its output {} has {} channels, its preprocessing {}", prior.image, image[1], generator.preprocess.channels()),
          "correct phosphene.preprocess in the file");
    if (generator.bounds)
      prior.bounds =
          CodeBounds{bounds_of(generator.bounds->lower, code_shape(prior)), bounds_of(generator.bounds->upper, code_shape(prior))};
    if (generator.bank) prior.bank = bank_of(*generator.bank, prior);
    prior.code_sigma = code_sigma(generator);
    prior.encoder = encoder_of(generator);
    prior.usual = usual_of(generator);
    prior.denoised = density_of(prior.usual.density, prior);
    if (prior.usual.views) prior.usual.patience = 0;  // from view to view an activation changes more than by what a step gains
    return prior;
  });
}

std::string builtin_for(const Model& network) {
  const Shape& shape = network.input().type.shape;
  const bool small = shape.rank() == 4 && shape[2] > 0 && std::max(shape[2], shape[3]) < kSmallBelow;
  return small ? kBuiltinOfSmall : kBuiltin;
}

Prior load_generator(const std::string& name, const Model& network, const PriorOptions& options) {
  Model generator = load_model(name, {.random_weights = options.random_weights});
  generator.graph = located(fmt::format("prior {}", generator.name),
                            [&] { return with_searched_inputs(std::move(generator.graph), options.fixed, options.searched); });
  if (!options.preprocess.empty())
    generator.preprocess = located("--prior-preprocess", [&] { return parse_preprocess(options.preprocess, generator.preprocess); });
  else if (!generator.preprocess_known)
    log_warning(fmt::format("prior {} does not say what its values are as pixels; assuming \"{}\" (--prior-preprocess says otherwise)",
                            generator.name, preprocess_words(generator.preprocess)));
  return generator_prior(generator, is_open_grid(generator.input().type.shape) ? input_space(network) : PictureSpace{});
}

extern const PriorKind kBuiltinPrior = {
    "builtin", "the embedded generator, photos, or tin200-fc6 for networks below 96 pixels",
    [](const Model& network, const PriorOptions& options) { return load_generator(builtin_for(network), network, options); }, true};

}  // namespace phosphene

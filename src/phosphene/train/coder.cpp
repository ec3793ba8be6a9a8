// One step, with x a batch of crops:
//   z = E(x), y = D(z + noise), C_k(y) forward; C_k(x); S(y) forward and back to y; then one backward pass through C, D and E from the
//   pixels and the features. In every second step S learns from x and y.
#include "phosphene/train/coder.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/loader.h"
#include "phosphene/train/loop.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/parameters.h"
#include "phosphene/train/trunk.h"
#include "phosphene/train/validation.h"

namespace phosphene {

namespace {

constexpr float kBound = 3;  // of a latent, whose deviation is 1

Preprocess coder_values(int64_t channels) {
  Preprocess p;
  p.scale = 1 / 127.5f;
  if (channels == 1) p.order = ColourOrder::kGrey;
  p.mean.assign(static_cast<size_t>(channels), 1);
  p.deviation.assign(static_cast<size_t>(channels), 1);
  return p;
}

Preprocess of_size(Preprocess p, int64_t height, int64_t width) {
  p.height = height, p.width = width;
  return p;
}

class CoderTrainer {
 public:
  static inline const std::string kSeen = "seen.";

  CoderTrainer(const CoderRecipe& recipe, const Graph& coder, const Graph& comparator, const Graph& discriminator, Parameters& weights,
               Parameters& judge_weights, const RunOptions& run)
      : recipe_(recipe), layers_(comparator.outputs), weights_(weights), judge_weights_(judge_weights) {
    const Engine& engine = find_engine(run.engine);
    const int64_t n = recipe.batch;
    wanted_ = engine.compile(comparator, {.batch = n, .values = layers_, .precision = run.precision});
    CompileOptions options{.batch = n,
                           .values = weights.statistic_values(),
                           .seeds = {"drawn"},
                           .gradients = weights.trained_names(),
                           .mutable_weights = true,
                           .precision = run.precision};
    options.values.push_back("drawn");
    for (const std::string& layer : layers_) options.values.push_back(kSeen + layer), options.seeds.push_back(kSeen + layer);
    draw_ = engine.compile(chain(bind_batch(coder, n), "drawn", {}, bind_batch(comparator, n), "image", {"", kSeen}), options);
    weights.load_into(*draw_);
    critic_ = engine.compile(
        discriminator,
        {.batch = n, .values = {"score"}, .seeds = {"score"}, .gradients = {"image"}, .mutable_weights = true, .precision = run.precision});
    judge_ = engine.compile(discriminator, {.batch = 2 * n,  // real pictures, then drawn ones
                                            .values = {"score"},
                                            .seeds = {"score"},
                                            .gradients = judge_weights.trained_names(),
                                            .mutable_weights = true,
                                            .precision = run.precision});
    judge_weights.load_into(*judge_), judge_weights.load_into(*critic_);
  }

  // pixel, feature, adversarial, discriminator
  std::vector<double> step(std::span<const float> pictures, int64_t step) {
    const double part = static_cast<double>(step) / static_cast<double>(recipe_.steps);
    std::ranges::copy(pictures, draw_->input("image").begin());
    Rng(recipe_.seed, "latent noise", static_cast<uint64_t>(step)).fill_normal(draw_->input("noise"), recipe_.noise);
    draw_->forward();
    std::ranges::copy(pictures, wanted_->input("image").begin());
    wanted_->forward();

    const std::span<float> seed = draw_->seed("drawn");
    const double pixel = absolute_error(draw_->value("drawn"), pictures, recipe_.pixel, seed);
    double feature = 0, adversarial = 0, discriminator = 0;
    for (const std::string& layer : layers_)
      feature += draw_->seed_squared_error(kSeen + layer, *wanted_, {Part::Kind::kValue, layer},
                                           {.weight = recipe_.feature, .relative = true, .replace = true});
    if (part >= recipe_.adversarial_from) adversarial = add_adversarial(seed);
    const bool judges = part >= recipe_.adversarial_from / 2 && step % 2 == 0;
    if (judges) discriminator = judge();
    if (!std::isfinite(pixel + feature + adversarial + discriminator)) return {pixel, feature, adversarial, discriminator};
    draw_->backward();

    const float shape = cosine_rate(1, step, recipe_.warm_up, recipe_.steps);
    const OptimiserOptions adam{
        .beta1 = recipe_.beta1, .beta2 = recipe_.beta2, .weight_decay = 0, .gradient_limit = recipe_.gradient_limit};
    weights_.step(*draw_, {adam, recipe_.rate * shape, step, recipe_.average_decay_at(step)});
    weights_.take_statistics(*draw_);
    if (judges) {
      const OptimiserOptions judging{.beta1 = 0.5f, .beta2 = 0.99f, .weight_decay = 0, .gradient_limit = recipe_.gradient_limit};
      judge_weights_.step(*judge_, {judging, recipe_.discriminator_rate * shape, step / 2});
      judge_weights_.bring_back(*judge_);
      judge_weights_.load_into(*critic_);
      last_discriminator_ = discriminator;
    }
    return {pixel, feature, adversarial, last_discriminator_};
  }

  void bring_back() { weights_.bring_back(*draw_), judge_weights_.bring_back(*judge_); }

 private:
  double add_adversarial(std::span<float> seed) {
    critic_->take({Part::Kind::kInput, "image"}, *draw_, {Part::Kind::kValue, "drawn"}, recipe_.batch);
    critic_->forward();
    const std::span<const float> scores = critic_->value("score");
    double mean = 0;
    for (const float score : scores) mean += score / static_cast<double>(scores.size());
    std::ranges::fill(critic_->seed("score"), -recipe_.adversarial / static_cast<float>(scores.size()));
    critic_->backward();
    const std::span<const float> gradient = critic_->gradient("image");
    for (size_t i = 0; i < seed.size(); ++i) seed[i] += gradient[i];
    return -recipe_.adversarial * mean;
  }

  double judge() {
    judge_->take({Part::Kind::kInput, "image"}, *draw_, {Part::Kind::kInput, "image"}, recipe_.batch);
    judge_->take({Part::Kind::kInput, "image", recipe_.batch}, *draw_, {Part::Kind::kValue, "drawn"}, recipe_.batch);
    judge_->forward();
    const auto scores = judge_->value("score");
    const auto seed = judge_->seed("score");
    const size_t half = scores.size() / 2;
    const double loss =
        hinge_taken_for_real(scores.first(half), seed.first(half)) + hinge_taken_for_fake(scores.last(half), seed.last(half));
    judge_->backward();
    return loss;
  }

  const CoderRecipe& recipe_;
  std::vector<std::string> layers_;
  Parameters &weights_, &judge_weights_;
  std::unique_ptr<Program> wanted_, draw_, critic_, judge_;
  double last_discriminator_ = 0;
};

// Whole validation pictures through the coder's averaged weights.
class CoderExaminer {
 public:
  CoderExaminer(const Graph& coder, const Dataset& data, const Preprocess& values, const RunOptions& run) : pictures_(data, values) {
    program_ = find_engine(run.engine)
                   .compile(examined_coder(coder),
                            {.batch = pictures_.batch(), .values = {"drawn"}, .mutable_weights = true, .precision = run.precision});
  }

  double pixel_error(Parameters& weights, int64_t most_pictures) {
    weights.load_into(*program_, true);
    const std::vector<SpreadBatch> batches = pictures_.batches(most_pictures);
    double sum = 0;
    for (const SpreadBatch& which : batches) {
      draw(which);
      const auto drawn = program_->value("drawn");
      std::vector<float> unused(drawn.size());
      sum += absolute_error(drawn, program_->input("image"), 1, unused);
    }
    return sum / static_cast<double>(batches.size());
  }

  // Validation pictures above what the coder makes of them. After pixel_error().
  Image grid() {
    draw(pictures_.one_batch());
    const std::span<const float> real = program_->input("image"), drawn = program_->value("drawn");
    return pictures_.grid({{real.begin(), real.end()}, {drawn.begin(), drawn.end()}});
  }

 private:
  void draw(const SpreadBatch& which) {
    pictures_.read(which, program_->input("image"));
    program_->forward();
  }

  Validation pictures_;
  std::unique_ptr<Program> program_;
};

Graph comparator_of(const Model& network, std::vector<std::string> layers, const Preprocess& crops) {
  if (layers.empty()) throw Error("no feature layers are named", "name them with --feature-layers");
  for (std::string& name : layers) {
    name = find_layer(network, name);
    const Shape shape = network.graph.type_of(name).shape;
    if (shape.rank() != 4)
      throw Error(fmt::format("its layer {} is {}, not [n, c, h, w]", name, shape), "name a convolution or a pool").at(network.name);
  }
  return behind_pictures(network, layers, crops, false);
}

// The weights of a finished coder's halves, which have the coder's convolutions in its order. The normalisation between them is folded into
// the last convolution of the encoder, so it starts with a mean of 0 and a variance of 1.
void start_from_halves(Parameters& weights, const Graph& coder, const CoderStart& start) {
  std::vector<TensorPtr> found;
  for (const Model* half : {start.encoder, start.decoder})
    for (const Node& node : half->graph.nodes)
      if (node.op == "Conv")
        for (size_t input = 1; input < node.inputs.size(); ++input) found.push_back(half->graph.weights.at(node.inputs[input]));
  Graph trained;
  size_t next = 0;
  for (const Node& node : coder.nodes)
    if (node.op == "Conv")
      for (size_t input = 1; input < node.inputs.size() && next < found.size(); ++input)
        trained.weights[node.inputs[input]] = found[next++];
  located(start.decoder->name, [&] { weights.start_from(trained); });
}

Model half(Graph graph, const Preprocess& values, ModelKind kind) {
  Model model;
  model.kind = kind;
  model.graph = std::move(graph);
  model.preprocess = values;
  model.preprocess_known = true;
  return model;
}

}  // namespace

Json CoderRecipe::to_json() const {
  return {{"latents", shape.latents},
          {"channels", shape.channels},
          {"encoder_widths", shape.encoder_widths},
          {"decoder_widths", shape.decoder_widths},
          {"discriminator_widths", discriminator.widths},
          {"feature_layers", feature_layers},
          {"crop", crop},
          {"least_scale", least_scale},
          {"steps", steps},
          {"batch", batch},
          {"pixel", pixel},
          {"feature", feature},
          {"adversarial", adversarial},
          {"adversarial_from", adversarial_from},
          {"noise", noise},
          {"rate", rate},
          {"discriminator_rate", discriminator_rate},
          {"warm_up", warm_up},
          {"beta1", beta1},
          {"beta2", beta2},
          {"gradient_limit", gradient_limit},
          {"average_decay", average_decay},
          {"seed", seed}};
}

CoderResult train_coder(const Dataset& train, const Dataset& validation, const Model& comparator, const CoderRecipe& given,
                        const RunOptions& run, const CoderStart& start) {
  CoderRecipe recipe = given;
  recipe.shape.channels = recipe.discriminator.channels = train.channels;
  if (recipe.crop > train.height || recipe.crop > train.width)
    throw Error(fmt::format("crops of {} pixels from pictures of {} x {}", recipe.crop, train.height, train.width),
                "give a smaller --crop or a larger --size");
  const Preprocess values = coder_values(train.channels);
  const CoderExtent crop{recipe.crop, recipe.crop};
  const TrainableGraph coder = coder_network(recipe.shape, crop, recipe.seed),
                       discriminator = patch_discriminator(recipe.discriminator, crop, recipe.seed + 1),
                       whole = coder_network(recipe.shape, {validation.height, validation.width}, recipe.seed);
  const Graph compared = comparator_of(comparator, recipe.feature_layers, of_size(values, recipe.crop, recipe.crop));

  Parameters weights(coder, true), judge_weights(discriminator, false);
  Json key = recipe.to_json();
  key["comparator"] = comparator.hash;
  if (start.decoder) key["start"] = {start.decoder->hash, start.encoder->hash};
  Checkpoint checkpoint(beside(run, ".checkpoint"),
                        key_of(std::move(key), train, run,
                               {"steps", "pixel", "feature", "adversarial", "adversarial_from", "noise", "rate", "discriminator_rate"}),
                        {{"coder ", &weights}, {"discriminator ", &judge_weights}});
  const int64_t first_step = first_step_of(checkpoint, recipe.steps);
  if (first_step == 0 && start.decoder) start_from_halves(weights, coder.graph, start);

  CoderTrainer trainer(recipe, coder.graph, compared, discriminator.graph, weights, judge_weights, run);
  CoderExaminer examiner(whole.graph, validation, of_size(values, validation.height, validation.width), run);
  const double crop_area = static_cast<double>(recipe.crop * recipe.crop) / static_cast<double>(train.height * train.width);
  Loader loader(train, {.batch = recipe.batch,
                        .seed = recipe.seed,
                        .least_area = crop_area,
                        .most_area = std::min(1.0, crop_area / (recipe.least_scale * recipe.least_scale)),
                        .threads = loader_threads(run),
                        .preprocess = of_size(values, recipe.crop, recipe.crop)});
  const TrainingLoop loop{.steps = recipe.steps,
                          .losses = {"pixel", "feature", "adversarial", "discriminator"},
                          .samples = {"held_out_pixel"},
                          .step = [&](int64_t step) { return trainer.step(loader.next(step).values, step); },
                          .bring_back = [&] { trainer.bring_back(); },
                          .sample = [&]() -> TrainingLoop::Sample {
                            return {{examiner.pixel_error(weights, 100)}, examiner.grid()};
                          }};
  CoderResult result;
  result.end = run_training(loop, checkpoint, first_step, run);
  if (result.end.stopped()) return result;
  result.pixel_error = examiner.pixel_error(weights, 1000);
  const Graph trained = weights.written_to(coder, true).graph;
  result.decoder = half(deployed_decoder(trained, recipe.shape), values, ModelKind::kGenerator);
  result.encoder = half(deployed_encoder(trained), values, ModelKind::kOther);
  result.decoder.bounds = CodeBounds{std::vector<float>(static_cast<size_t>(recipe.shape.latents), -kBound),
                                     std::vector<float>(static_cast<size_t>(recipe.shape.latents), kBound)};
  for (Model* model : {&result.decoder, &result.encoder}) {
    model->provenance = provenance_of(checkpoint, result.end, run);
    model->provenance.update({{"comparator", comparator.name}, {"training_images", train.count}, {"pixel_error", result.pixel_error}});
  }
  result.decoder.provenance["code_sigma_mean"] = 1;
  return result;
}

}  // namespace phosphene

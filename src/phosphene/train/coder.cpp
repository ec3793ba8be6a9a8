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
  CoderTrainer(const CoderRecipe& recipe, const Graph& coder, PictureLosses& losses, Parameters& weights)
      : recipe_(recipe), losses_(losses), weights_(weights), draw_(losses.compile(coder, "drawn", weights, weights.statistic_values())) {
    weights.load_into(*draw_);
  }

  std::vector<double> step(std::span<const float> pictures, int64_t step) {
    std::ranges::copy(pictures, draw_->input("image").begin());
    Rng(recipe_.seed, "latent noise", static_cast<uint64_t>(step)).fill_normal(draw_->input("noise"), recipe_.noise);
    draw_->forward();
    return losses_.learn(*draw_, "drawn", pictures, weights_, recipe_.beta1, recipe_.beta2, step);
  }

  void bring_back() { weights_.bring_back(*draw_), losses_.bring_back(); }

 private:
  const CoderRecipe& recipe_;
  PictureLosses& losses_;
  Parameters& weights_;
  std::unique_ptr<Program> draw_;
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
  Json recipe = {{"latents", shape.latents},
                 {"channels", shape.channels},
                 {"encoder_widths", shape.encoder_widths},
                 {"decoder_widths", shape.decoder_widths},
                 {"crop", crop},
                 {"least_scale", least_scale},
                 {"steps", steps},
                 {"batch", batch},
                 {"noise", noise},
                 {"rate", rate},
                 {"warm_up", warm_up},
                 {"beta1", beta1},
                 {"beta2", beta2},
                 {"average_decay", average_decay},
                 {"seed", seed}};
  loss.write_to(recipe);
  return recipe;
}

CoderResult train_coder(const Dataset& train, const Dataset& validation, const Model& comparator, const CoderRecipe& given,
                        const RunOptions& run, const CoderStart& start) {
  CoderRecipe recipe = given;
  recipe.shape.channels = recipe.loss.discriminator.channels = train.channels;
  if (recipe.crop > train.height || recipe.crop > train.width)
    throw Error(fmt::format("crops of {} pixels from pictures of {} x {}", recipe.crop, train.height, train.width),
                "give a smaller --crop or a larger --size");
  const Preprocess values = coder_values(train.channels);
  const CoderExtent crop{recipe.crop, recipe.crop};
  const TrainableGraph coder = coder_network(recipe.shape, crop, recipe.seed),
                       discriminator = patch_discriminator(recipe.loss.discriminator, crop, recipe.seed + 1),
                       whole = coder_network(recipe.shape, {validation.height, validation.width}, recipe.seed);
  Graph compared = comparator_behind(comparator, recipe.loss.feature_layers, of_size(values, recipe.crop, recipe.crop));

  Parameters weights(coder, true), judge_weights(discriminator, false);
  Json key = recipe.to_json();
  key["comparator"] = comparator.hash;
  if (start.decoder) key["start"] = {start.decoder->hash, start.encoder->hash};
  std::set<std::string> tunable{"steps", "noise", "rate"};
  tunable.insert(std::begin(kTunableLosses), std::end(kTunableLosses));
  Checkpoint checkpoint(beside(run, ".checkpoint"), key_of(std::move(key), train, run, std::move(tunable)),
                        {{"coder ", &weights}, {"discriminator ", &judge_weights}});
  const int64_t first_step = first_step_of(checkpoint, recipe.steps);
  if (first_step == 0 && start.decoder) start_from_halves(weights, coder.graph, start);

  PictureLosses losses(recipe.loss, recipe, std::move(compared), discriminator.graph, judge_weights, run);
  CoderTrainer trainer(recipe, coder.graph, losses, weights);
  CoderExaminer examiner(whole.graph, validation, of_size(values, validation.height, validation.width), run);
  const double crop_area = static_cast<double>(recipe.crop * recipe.crop) / static_cast<double>(train.height * train.width);
  Loader loader(train, {.batch = recipe.batch,
                        .seed = recipe.seed,
                        .least_area = crop_area,
                        .most_area = std::min(1.0, crop_area / (recipe.least_scale * recipe.least_scale)),
                        .threads = loader_threads(run),
                        .preprocess = of_size(values, recipe.crop, recipe.crop)});
  const TrainingLoop loop{.steps = recipe.steps,
                          .losses = kPictureLosses,
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

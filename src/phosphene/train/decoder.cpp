// One step, with x a batch of pictures:  z = E(x);  R(z + s e);  y = D(R(z + s e) + detail e') forward; one backward pass through D from
// the pixels, the features and the discriminator.
#include "phosphene/train/decoder.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/density_network.h"
#include "phosphene/train/loader.h"
#include "phosphene/train/loop.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/validation.h"

namespace phosphene {

namespace {

const std::string kClean = kDensity + "clean";

// The decoder on a grid of that extent. Its convolutions are trained.
TrainableGraph decoder_on(const Graph& generator, const GridExtent& grid) {
  TrainableGraph decoder{.graph = decoder_of_density(generator)};
  Shape& code = decoder.graph.inputs[0].type.shape;
  code[2] = grid.height, code[3] = grid.width;
  decoder.graph.types.clear();
  decoder.graph = infer_shapes(std::move(decoder.graph));
  for (const Node& node : decoder.graph.nodes)
    if (node.op == "Conv")
      for (size_t input = 1; input < node.inputs.size(); ++input) decoder.trained.insert(node.inputs[input]);
  return decoder;
}

// Latents of pictures, and what the density makes of them with noise.
class Denoised {
 public:
  Denoised(const Graph& generator, const Graph& encoder, int64_t batch, ImageSize size, const RunOptions& run) : batch_(batch) {
    const Engine& engine = find_engine(run.engine);
    encode_ = engine.compile(encoder, {.batch = batch, .values = {"latents"}, .precision = run.precision, .size = size});
    denoise_ = engine.compile(
        generator,
        {.batch = batch, .values = {kClean}, .precision = run.precision, .size = {size.height / kCoderStride, size.width / kCoderStride}});
  }

  std::span<float> pictures() { return encode_->input("image"); }
  std::span<const float> encode() {
    encode_->forward();
    return encode_->value("latents");
  }
  // R(z + noise) after encode(); `noise_of(row, out)` fills the noise of one picture.
  template <class NoiseOf>
  std::span<const float> denoise(NoiseOf&& noise_of) {
    const std::span<const float> latents = encode_->value("latents");
    const std::span<float> code = denoise_->input("code");  // scene, then detail
    const size_t rows = static_cast<size_t>(batch_), width = latents.size() / rows;
    for (size_t row = 0; row < rows; ++row) {
      const std::span<float> scene = code.subspan(2 * row * width, width);
      noise_of(row, scene);
      for (size_t i = 0; i < width; ++i) scene[i] += latents[row * width + i];
    }
    denoise_->forward();
    return denoise_->value(kClean);
  }

 private:
  int64_t batch_;
  std::unique_ptr<Program> encode_, denoise_;
};

class DecoderTrainer {
 public:
  DecoderTrainer(const DecoderRecipe& recipe, const Graph& decoder, Denoised denoised, PictureLosses& losses, Parameters& weights)
      : recipe_(recipe),
        losses_(losses),
        weights_(weights),
        denoised_(std::move(denoised)),
        draw_(losses.compile(decoder, "image", weights)) {
    weights.load_into(*draw_);
  }

  std::vector<double> step(std::span<const float> pictures, int64_t step) {
    std::ranges::copy(pictures, denoised_.pictures().begin());
    denoised_.encode();
    const std::span<const float> clean = denoised_.denoise([&](size_t row, std::span<float> noise) {
      Rng random(recipe_.seed, "density noise", static_cast<uint64_t>(step * recipe_.batch) + row);
      const double level = std::exp(random.uniform(std::log(recipe_.smallest_noise), std::log(recipe_.largest_noise)));
      random.fill_normal(noise, static_cast<float>(level));
    });
    const std::span<float> latents = draw_->input("code");
    Rng(recipe_.seed, "detail noise", static_cast<uint64_t>(step)).fill_normal(latents, recipe_.detail);
    for (size_t i = 0; i < latents.size(); ++i) latents[i] += clean[i];
    draw_->forward();
    return losses_.learn(*draw_, "image", pictures, weights_, recipe_.beta1, recipe_.beta2, step);
  }

  void bring_back() { weights_.bring_back(*draw_), losses_.bring_back(); }

 private:
  const DecoderRecipe& recipe_;
  PictureLosses& losses_;
  Parameters& weights_;
  Denoised denoised_;
  std::unique_ptr<Program> draw_;
};

// Validation pictures through the averaged decoder: from their own latents, and from denoised ones.
class DecoderExaminer {
 public:
  DecoderExaminer(const Graph& decoder, const Graph& generator, const Graph& encoder, const Dataset& data, const Preprocess& values,
                  const RunOptions& run)
      : pictures_(data, values), denoised_(generator, encoder, pictures_.batch(), {data.height, data.width}, run) {
    decode_ = find_engine(run.engine)
                  .compile(decoder, {.batch = pictures_.batch(), .values = {"image"}, .mutable_weights = true, .precision = run.precision});
  }

  // Mean |y - x| of both.
  std::vector<double> errors(Parameters& weights, int64_t most_pictures) {
    weights.load_into(*decode_, true);
    const std::vector<SpreadBatch> batches = pictures_.batches(most_pictures);
    std::vector<double> sums(2);
    for (const SpreadBatch& which : batches) {
      const std::vector<std::vector<float>> drawn = draw(which);
      std::vector<float> unused(drawn[0].size());
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += absolute_error(drawn[i + 1], drawn[0], 1, unused);
    }
    for (double& sum : sums) sum /= static_cast<double>(batches.size());
    return sums;
  }

  // Rows: validation pictures, D(z), D(R(z + e / 2)). After errors().
  Image grid() { return pictures_.grid(draw(pictures_.one_batch())); }

 private:
  std::vector<std::vector<float>> draw(const SpreadBatch& which) {
    pictures_.read(which, denoised_.pictures());
    std::vector<std::vector<float>> rows{{denoised_.pictures().begin(), denoised_.pictures().end()}};
    const auto decode = [&](std::span<const float> latents) {
      std::ranges::copy(latents, decode_->input("code").begin());
      decode_->forward();
      const std::span<const float> image = decode_->value("image");
      rows.emplace_back(image.begin(), image.end());
    };
    decode(denoised_.encode());
    decode(denoised_.denoise([&](size_t row, std::span<float> noise) {
      Rng(row, "validation noise", static_cast<uint64_t>(which.part)).fill_normal(noise, 0.5f);
    }));
    return rows;
  }

  Validation pictures_;
  Denoised denoised_;
  std::unique_ptr<Program> decode_;
};

void expect_encoder_of(const Model& encoder, const Graph& decoder) {
  if (encoder.graph.outputs != std::vector<std::string>{"latents"} ||
      encoder.graph.type_of("latents").shape[1] != decoder.inputs[0].type.shape[1])
    throw Error("it is not the encoder of that prior", "give MODEL.onnx of `train density`, with its MODEL-encoder.onnx beside it")
        .at(encoder.name);
}

}  // namespace

Json DecoderRecipe::to_json() const {
  Json recipe = {{"smallest_noise", smallest_noise},
                 {"largest_noise", largest_noise},
                 {"detail", detail},
                 {"least_area", least_area},
                 {"steps", steps},
                 {"batch", batch},
                 {"rate", rate},
                 {"warm_up", warm_up},
                 {"beta1", beta1},
                 {"beta2", beta2},
                 {"average_decay", average_decay},
                 {"seed", seed}};
  loss.write_to(recipe);
  return recipe;
}

DecoderResult train_decoder(const Dataset& train, const Dataset& validation, const Model& prior, const Model& encoder,
                            const Model& comparator, const DecoderRecipe& given, const RunOptions& run) {
  const ImageSize size{train.height, train.width};
  expect_whole_cells({size.height, size.width});
  DecoderRecipe recipe = given;
  recipe.loss.discriminator.channels = train.channels;
  Preprocess values = prior.preprocess;
  values.height = size.height, values.width = size.width;
  const Graph generator = infer_shapes(fold_constants(prior.graph));
  const TrainableGraph decoder = located(prior.name,
                                         [&] {
                                           return decoder_on(generator, {size.height / kCoderStride, size.width / kCoderStride});
                                         }),
                       discriminator = patch_discriminator(recipe.loss.discriminator, {size.height, size.width}, recipe.seed + 1);
  expect_encoder_of(encoder, decoder.graph);
  Graph compared = comparator_behind(comparator, recipe.loss.feature_layers, values);

  Parameters weights(decoder, true), judge_weights(discriminator, false);
  Json key = recipe.to_json();
  key["prior"] = prior.hash, key["encoder"] = encoder.hash, key["comparator"] = comparator.hash;
  std::set<std::string> tunable{"steps", "rate", "smallest_noise", "largest_noise", "detail"};
  tunable.insert(std::begin(kTunableLosses), std::end(kTunableLosses));
  Checkpoint checkpoint(beside(run, ".checkpoint"), key_of(std::move(key), train, run, std::move(tunable)),
                        {{"decoder ", &weights}, {"discriminator ", &judge_weights}});
  const int64_t first_step = first_step_of(checkpoint, recipe.steps);

  PictureLosses losses(recipe.loss, recipe, std::move(compared), discriminator.graph, judge_weights, run);
  DecoderTrainer trainer(recipe, decoder.graph, Denoised(generator, encoder.graph, recipe.batch, size, run), losses, weights);
  DecoderExaminer examiner(decoder.graph, generator, encoder.graph, validation, values, run);
  Loader loader(
      train,
      {.batch = recipe.batch, .seed = recipe.seed, .least_area = recipe.least_area, .threads = loader_threads(run), .preprocess = values});
  const TrainingLoop loop{.steps = recipe.steps,
                          .losses = kPictureLosses,
                          .samples = {"held_out_pixel", "held_out_denoised_pixel"},
                          .step = [&](int64_t step) { return trainer.step(loader.next(step).values, step); },
                          .bring_back = [&] { trainer.bring_back(); },
                          .sample = [&]() -> TrainingLoop::Sample {
                            return {examiner.errors(weights, 100), examiner.grid()};
                          }};
  DecoderResult result;
  result.end = run_training(loop, checkpoint, first_step, run);
  if (result.end.stopped()) return result;
  const std::vector<double> errors = examiner.errors(weights, 1000);
  result.pixel_error = errors[0], result.denoised_pixel_error = errors[1];
  result.generator = prior;
  result.generator.graph = generator;
  for (auto& [name, weight] : weights.written_to(decoder, true).graph.weights) result.generator.graph.weights[name] = weight;
  Json provenance = provenance_of(checkpoint, result.end, run);
  provenance.update({{"comparator", comparator.name},
                     {"training_images", train.count},
                     {"pixel_error", result.pixel_error},
                     {"denoised_pixel_error", result.denoised_pixel_error},
                     {"code_sigma_mean", 1},
                     {"prior", prior.provenance}});
  result.generator.provenance = std::move(provenance);
  return result;
}

}  // namespace phosphene

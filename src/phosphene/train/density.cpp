// One step, with x a batch of pictures:  z = E(x);  R(z + s e) forward;  the squared error of each picture by its level of noise; backward.
#include "phosphene/train/density.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/coder_networks.h"
#include "phosphene/train/loader.h"
#include "phosphene/train/loop.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/parameters.h"
#include "phosphene/train/read.h"
#include "phosphene/train/validation.h"

namespace phosphene {

namespace {

// Bounds of the code: noisy latents have a deviation of 1.4 and more; a detail is a fraction of a latent, whose deviation is 1.
constexpr float kSceneBound = 4, kDetailBound = 1;
constexpr std::array kLevels = {0.5f, 1.0f, 2.0f};  // of noise, at which validation pictures are denoised

double error_of_one_value(double noise) { return noise * noise / (1 + noise * noise); }

class DensityTrainer {
 public:
  DensityTrainer(const DensityRecipe& recipe, const Graph& density, const Graph& encoder, Parameters& weights, const RunOptions& run,
                 ImageSize size)
      : recipe_(recipe), weights_(weights) {
    const Engine& engine = find_engine(run.engine);
    encode_ = engine.compile(encoder, {.batch = recipe.batch, .values = {"latents"}, .precision = run.precision, .size = size});
    denoise_ = engine.compile(density, {.batch = recipe.batch,
                                        .values = {"clean"},
                                        .seeds = {"clean"},
                                        .gradients = weights.trained_names(),
                                        .mutable_weights = true,
                                        .precision = run.precision});
    weights.load_into(*denoise_);
  }

  std::vector<double> step(std::span<const float> pictures, int64_t step) {
    std::ranges::copy(pictures, encode_->input("image").begin());
    encode_->forward();
    const std::span<const float> latents = encode_->value("latents");
    const std::span<float> noisy = denoise_->input("noisy"), seed = denoise_->seed("clean");
    const auto rows = static_cast<size_t>(recipe_.batch);
    const size_t width = latents.size() / rows;
    std::vector<double> levels(rows);
    for (size_t row = 0; row < rows; ++row) {
      Rng random(recipe_.seed, "density noise", static_cast<uint64_t>(step) * rows + row);
      levels[row] = std::exp(random.uniform(std::log(recipe_.smallest_noise), std::log(recipe_.largest_noise)));
      const auto own = noisy.subspan(row * width, width);
      random.fill_normal(own, static_cast<float>(levels[row]));
      for (size_t i = 0; i < width; ++i) own[i] += latents[row * width + i];
    }
    denoise_->forward();
    const std::span<const float> clean = denoise_->value("clean");
    double loss = 0;
    for (size_t row = 0; row < rows; ++row) {
      const double weight = 1 / (error_of_one_value(levels[row]) * static_cast<double>(clean.size()));
      double sum = 0;
      for (size_t i = row * width; i < (row + 1) * width; ++i) {
        const double d = static_cast<double>(clean[i]) - latents[i];
        sum += d * d;
        seed[i] = static_cast<float>(2 * weight * d);
      }
      loss += weight * sum;
    }
    if (!std::isfinite(loss)) return {loss};
    denoise_->backward();
    const OptimiserOptions adam{.beta1 = recipe_.beta1, .beta2 = recipe_.beta2, .weight_decay = 0, .gradient_limit = 1};
    const float rate = cosine_rate(recipe_.rate, step, recipe_.warm_up, recipe_.steps);
    weights_.step(*denoise_, {adam, rate, step, recipe_.average_decay_at(step)});
    return {loss};
  }

  void bring_back() { weights_.bring_back(*denoise_); }

 private:
  const DensityRecipe& recipe_;
  Parameters& weights_;
  std::unique_ptr<Program> encode_, denoise_;
};

// Validation pictures, encoded, disturbed and denoised by the averaged weights.
class DensityExaminer {
 public:
  DensityExaminer(const Graph& density, const Graph& decoder, const Graph& encoder, const Dataset& data, const Preprocess& values,
                  const RunOptions& run)
      : pictures_(data, values) {
    const Engine& engine = find_engine(run.engine);
    const int64_t batch = pictures_.batch();
    const ImageSize size{data.height, data.width}, grid{data.height / kCoderStride, data.width / kCoderStride};
    encode_ = engine.compile(encoder, {.batch = batch, .values = {"latents"}, .precision = run.precision, .size = size});
    denoise_ = engine.compile(density, {.batch = batch, .values = {"clean"}, .mutable_weights = true, .precision = run.precision});
    decode_ = engine.compile(decoder, {.batch = batch, .values = {"image"}, .precision = run.precision, .size = grid});
  }

  std::vector<double> errors(Parameters& weights, int64_t most_pictures) {
    weights.load_into(*denoise_, true);
    const std::vector<SpreadBatch> batches = pictures_.batches(most_pictures);
    std::vector<double> sums(kLevels.size());
    for (const SpreadBatch& which : batches) {
      const std::span<const float> latents = encode(which);
      for (size_t level = 0; level < kLevels.size(); ++level) {
        const std::span<const float> clean = denoise(latents, level, which.part);
        double sum = 0;
        for (size_t i = 0; i < clean.size(); ++i) sum += (clean[i] - latents[i]) * (clean[i] - latents[i]);
        sums[level] += sum / static_cast<double>(clean.size());
      }
    }
    for (double& sum : sums) sum /= static_cast<double>(batches.size());
    return sums;
  }

  // Rows: validation pictures; their latents decoded with noise of deviation 1 and 2, each above what the denoiser makes of it.
  Image grid() {
    const std::span<const float> latents = encode(pictures_.one_batch());
    std::vector<std::vector<float>> shown;
    const auto add = [&](std::span<const float> pictures) { shown.emplace_back(pictures.begin(), pictures.end()); };
    const auto decode = [&](std::span<const float> code) {
      std::ranges::copy(code, decode_->input("code").begin());
      decode_->forward();
      add(decode_->value("image"));
    };
    add(encode_->input("image"));
    for (const size_t level : {size_t{1}, size_t{2}}) {
      const std::span<const float> clean = denoise(latents, level, 0);
      decode(denoise_->input("noisy"));
      decode(clean);
    }
    return pictures_.grid(shown);
  }

 private:
  std::span<const float> encode(const SpreadBatch& which) {
    pictures_.read(which, encode_->input("image"));
    encode_->forward();
    return encode_->value("latents");
  }

  std::span<const float> denoise(std::span<const float> latents, size_t level, int64_t part) {
    const std::span<float> noisy = denoise_->input("noisy");
    Rng(0, "validation noise", static_cast<uint64_t>(part)).fill_normal(noisy, kLevels[level]);
    for (size_t i = 0; i < noisy.size(); ++i) noisy[i] += latents[i];
    denoise_->forward();
    return denoise_->value("clean");
  }

  Validation pictures_;
  std::unique_ptr<Program> encode_, denoise_, decode_;
};

CodeBounds bounds_of_halves(int64_t latents) {
  CodeBounds bounds;
  for (const float bound : {kSceneBound, kDetailBound}) {
    bounds.lower.insert(bounds.lower.end(), static_cast<size_t>(latents), -bound);
    bounds.upper.insert(bounds.upper.end(), static_cast<size_t>(latents), bound);
  }
  return bounds;
}

// Latents [count, latents, h, w] of pictures spread evenly over the data.
Tensor bank_of(const Dataset& data, const Graph& encoder, const Preprocess& values, int64_t count, const RunOptions& run) {
  const std::vector<int64_t> which = spread(std::min(count, data.count), data.count);
  const auto program = find_engine(run.engine).compile(encoder, {.batch = 1, .values = {"latents"}, .size = {data.height, data.width}});
  Shape shape = program->graph().type_of("latents").shape;
  shape[0] = static_cast<int64_t>(which.size());
  std::vector<float> codes;
  for (const int64_t picture : which) {
    read_images(data, values, {&picture, 1}, program->input("image"));
    program->forward();
    const auto latents = program->value("latents");
    codes.insert(codes.end(), latents.begin(), latents.end());
  }
  return Tensor(shape, codes);
}

void expect_halves(const Model& decoder, const Model& encoder) {
  const Shape code = decoder.input().type.shape, image = encoder.input().type.shape;
  const std::string todo = "give MODEL.onnx of `train coder`, with its MODEL-encoder.onnx beside it";
  if (code.rank() != 4 || decoder.input().name != "code" || decoder.graph.outputs != std::vector<std::string>{"image"})
    throw Error("it is not the decoder of a coder", todo).at(decoder.name);
  if (image.rank() != 4 || encoder.graph.outputs != std::vector<std::string>{"latents"})
    throw Error("it is not the encoder of a coder", todo).at(encoder.name);
  const Shape latents = encoder.graph.type_of("latents").shape;
  if (latents[1] != code[1])
    throw Error(fmt::format("it gives {} latents, the decoder takes {}", latents[1], code[1]), todo).at(encoder.name);
}

}  // namespace

Json DensityRecipe::to_json() const {
  return {{"latents", shape.latents},
          {"widths", shape.widths},
          {"blocks", shape.blocks},
          {"smallest_noise", smallest_noise},
          {"largest_noise", largest_noise},
          {"least_area", least_area},
          {"steps", steps},
          {"batch", batch},
          {"rate", rate},
          {"warm_up", warm_up},
          {"beta1", beta1},
          {"beta2", beta2},
          {"average_decay", average_decay},
          {"bank", bank},
          {"seed", seed}};
}

DensityResult train_density(const Dataset& train, const Dataset& validation, const Model& decoder, const Model& encoder,
                            const DensityRecipe& given, const RunOptions& run, const Model* start) {
  expect_halves(decoder, encoder);
  expect_whole_cells({train.height, train.width});
  DensityRecipe recipe = given;
  recipe.shape.latents = decoder.input().type.shape[1];
  const TrainableGraph density = density_network(recipe.shape, {train.height / kCoderStride, train.width / kCoderStride}, recipe.seed);
  Parameters weights(density, true);
  Json key = recipe.to_json();
  key["decoder"] = decoder.hash, key["encoder"] = encoder.hash;
  if (start) key["start"] = start->hash;
  Checkpoint checkpoint(beside(run, ".checkpoint"),
                        key_of(std::move(key), train, run, {"steps", "rate", "smallest_noise", "largest_noise"}), {{"density ", &weights}});
  const int64_t first_step = first_step_of(checkpoint, recipe.steps);
  if (first_step == 0 && start) located(start->name, [&] { weights.start_from(start->graph, kDensity); });

  Preprocess values = encoder.preprocess;
  values.height = train.height, values.width = train.width;
  DensityTrainer trainer(recipe, density.graph, encoder.graph, weights, run, {train.height, train.width});
  DensityExaminer examiner(density.graph, decoder.graph, encoder.graph, validation, values, run);
  Loader loader(
      train,
      {.batch = recipe.batch, .seed = recipe.seed, .least_area = recipe.least_area, .threads = loader_threads(run), .preprocess = values});
  const TrainingLoop loop{.steps = recipe.steps,
                          .losses = {"loss"},
                          .samples = {"error_at_0.5", "error_at_1", "error_at_2"},
                          .step = [&](int64_t step) { return trainer.step(loader.next(step).values, step); },
                          .bring_back = [&] { trainer.bring_back(); },
                          .sample = [&]() -> TrainingLoop::Sample {
                            return {examiner.errors(weights, 200), examiner.grid()};
                          }};
  DensityResult result;
  result.end = run_training(loop, checkpoint, first_step, run);
  if (result.end.stopped()) return result;
  result.errors = examiner.errors(weights, 1000);
  Model& model = result.generator;
  model.kind = ModelKind::kGenerator;
  model.graph = generator_of_density(weights.written_to(density, true).graph, recipe.shape, decoder.graph);
  model.preprocess = decoder.preprocess;
  model.preprocess_known = true;
  model.bounds = bounds_of_halves(recipe.shape.latents);
  if (recipe.bank > 0) model.bank = bank_of(train, encoder.graph, values, recipe.bank, run);
  model.provenance = provenance_of(checkpoint, result.end, run);
  model.provenance.update(
      {{"training_images", train.count}, {"errors", result.errors}, {"code_sigma_mean", 1}, {"coder", decoder.provenance}});
  if (start) model.provenance["start"] = start->provenance;
  return result;
}

}  // namespace phosphene

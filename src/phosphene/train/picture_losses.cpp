// One step: C_k(x); S(y) forward and back to y; the seeds of y and C_k(y). In every second step S learns from x and y.
#include "phosphene/train/picture_losses.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/trunk.h"

namespace phosphene {

namespace {

const std::string kSeen = "seen.";  // prefix of the comparator's names behind the artist

}  // namespace

void PictureLossRecipe::write_to(Json& recipe) const {
  recipe.update({{"discriminator_widths", discriminator.widths},
                 {"feature_layers", feature_layers},
                 {"pixel", pixel},
                 {"feature", feature},
                 {"adversarial", adversarial},
                 {"adversarial_from", adversarial_from},
                 {"discriminator_rate", discriminator_rate},
                 {"gradient_limit", gradient_limit}});
}

Graph comparator_behind(const Model& network, std::vector<std::string> layers, const Preprocess& pictures) {
  if (layers.empty()) throw Error("no feature layers are named", "name them with --feature-layers");
  for (std::string& name : layers) {
    name = find_layer(network, name);
    const Shape shape = network.graph.type_of(name).shape;
    if (shape.rank() != 4)
      throw Error(fmt::format("its layer {} is {}, not [n, c, h, w]", name, shape), "name a convolution or a pool").at(network.name);
  }
  return behind_pictures(network, layers, pictures, false);
}

PictureLosses::PictureLosses(const PictureLossRecipe& recipe, const Schedule& schedule, Graph comparator, const Graph& discriminator,
                             Parameters& judge, const RunOptions& run)
    : recipe_(recipe),
      schedule_(schedule),
      run_(run),
      comparator_(std::move(comparator)),
      layers_(comparator_.outputs),
      judge_weights_(judge) {
  const Engine& engine = find_engine(run.engine);
  const int64_t n = schedule.batch;
  wanted_ = engine.compile(comparator_, {.batch = n, .values = layers_, .precision = run.precision});
  critic_ = engine.compile(
      discriminator,
      {.batch = n, .values = {"score"}, .seeds = {"score"}, .gradients = {"image"}, .mutable_weights = true, .precision = run.precision});
  judge_ = engine.compile(discriminator, {.batch = 2 * n,  // real pictures, then drawn ones
                                          .values = {"score"},
                                          .seeds = {"score"},
                                          .gradients = judge_weights_.trained_names(),
                                          .mutable_weights = true,
                                          .precision = run.precision});
  judge_weights_.load_into(*judge_), judge_weights_.load_into(*critic_);
}

std::unique_ptr<Program> PictureLosses::compile(const Graph& artist, const std::string& drawn, const Parameters& weights,
                                                std::vector<std::string> values) const {
  CompileOptions options{.batch = schedule_.batch,
                         .values = std::move(values),
                         .seeds = {drawn},
                         .gradients = weights.trained_names(),
                         .mutable_weights = true,
                         .precision = run_.precision};
  options.values.push_back(drawn);
  for (const std::string& layer : layers_) options.values.push_back(kSeen + layer), options.seeds.push_back(kSeen + layer);
  const int64_t n = schedule_.batch;
  return find_engine(run_.engine)
      .compile(chain(bind_batch(artist, n), drawn, {}, bind_batch(comparator_, n), "image", {"", kSeen}), options);
}

std::vector<double> PictureLosses::seed(Program& artist, const std::string& drawn, std::span<const float> pictures, int64_t step) {
  const double part = static_cast<double>(step) / static_cast<double>(schedule_.steps);
  std::ranges::copy(pictures, wanted_->input("image").begin());
  wanted_->forward();
  const std::span<float> seed = artist.seed(drawn);
  const double pixel = absolute_error(artist.value(drawn), pictures, recipe_.pixel, seed);
  double feature = 0, adversarial = 0;
  for (const std::string& layer : layers_)
    feature += artist.seed_squared_error(kSeen + layer, *wanted_, {Part::Kind::kValue, layer},
                                         {.weight = recipe_.feature, .relative = true, .replace = true});
  if (part >= recipe_.adversarial_from) adversarial = add_adversarial(artist, drawn, seed);
  judges_ = part >= recipe_.adversarial_from / 2 && step % 2 == 0;
  if (judges_) last_discriminator_ = judge(artist, drawn);
  return {pixel, feature, adversarial, last_discriminator_};
}

std::vector<double> PictureLosses::learn(Program& artist, const std::string& drawn, std::span<const float> pictures, Parameters& weights,
                                         float beta1, float beta2, int64_t step) {
  std::vector<double> columns = seed(artist, drawn, pictures, step);
  if (!std::ranges::all_of(columns, [](double loss) { return std::isfinite(loss); })) return columns;
  artist.backward();
  const float shape = cosine_rate(1, step, schedule_.warm_up, schedule_.steps);
  const OptimiserOptions adam{.beta1 = beta1, .beta2 = beta2, .weight_decay = 0, .gradient_limit = recipe_.gradient_limit};
  weights.step(artist, {adam, schedule_.rate * shape, step, schedule_.average_decay_at(step)});
  weights.take_statistics(artist);
  if (judges_) move_judge(step, shape);
  return columns;
}

void PictureLosses::move_judge(int64_t step, float rate) {
  const OptimiserOptions judging{.beta1 = 0.5f, .beta2 = 0.99f, .weight_decay = 0, .gradient_limit = recipe_.gradient_limit};
  judge_weights_.step(*judge_, {judging, recipe_.discriminator_rate * rate, step / 2});
  judge_weights_.bring_back(*judge_);
  judge_weights_.load_into(*critic_);
}

double PictureLosses::add_adversarial(Program& artist, const std::string& drawn, std::span<float> seed) {
  critic_->take({Part::Kind::kInput, "image"}, artist, {Part::Kind::kValue, drawn}, schedule_.batch);
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

double PictureLosses::judge(Program& artist, const std::string& drawn) {
  judge_->take({Part::Kind::kInput, "image"}, *wanted_, {Part::Kind::kInput, "image"}, schedule_.batch);
  judge_->take({Part::Kind::kInput, "image", schedule_.batch}, artist, {Part::Kind::kValue, drawn}, schedule_.batch);
  judge_->forward();
  const auto scores = judge_->value("score");
  const auto seed = judge_->seed("score");
  const size_t half = scores.size() / 2;
  const double loss = hinge_taken_for_real(scores.first(half), seed.first(half)) + hinge_taken_for_fake(scores.last(half), seed.last(half));
  judge_->backward();
  return loss;
}

}  // namespace phosphene

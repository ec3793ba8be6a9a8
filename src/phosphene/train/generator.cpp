// One step, with x = G(y):
//   E(z) gives y and C_k(z); G and E forward from y; D(z, y) is pushed up and D(x, y) down in one batch, whose backward pass also gives
//   dL_adv/dx, since a score depends on its own picture alone:  dL_adv/dx_i = (dL_adv/ds_i) / (dL_D/ds_i) * dL_D/dx_i;
//   then one backward pass through E and G from the image, the features and the code.
#include "phosphene/train/generator.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/progress.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/train/code_statistics.h"
#include "phosphene/train/loader.h"
#include "phosphene/train/loop.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/read.h"
#include "phosphene/train/reconstruction.h"
#include "phosphene/train/shift.h"

namespace phosphene {

namespace {

std::vector<std::string> pools_below(const Model& network, const std::string& code_layer) {
  const Graph below = cut(network.graph, {code_layer});
  std::vector<std::string> pools;
  for (const Node& node : below.nodes)
    if (node.op == "MaxPool" || node.op == "AveragePool") pools.push_back(node.outputs[0]);
  if (pools.size() > 1) pools.erase(pools.begin());
  return pools;
}

// The programs of one step and what they hand to each other.
class Trainer {
 public:
  struct Losses {
    double image = 0, feature = 0, code = 0, adversarial = 0, discriminator = 0;
    double sum() const { return image + feature + code + adversarial; }
    std::vector<double> columns() const { return {image, feature, code, adversarial, discriminator}; }
  };

  Trainer(const GeneratorRecipe& recipe, const Model& network, const Graph& generator, const Graph& discriminator, Parameters& g,
          Parameters& d, const RunOptions& run)
      : recipe_(recipe), input_(network.input().name), extent_{recipe.shape.channels, recipe.shape.size, recipe.shape.size}, g_(g), d_(d) {
    const Engine& engine = find_engine(run.engine);
    std::vector<std::string> compared = recipe.feature_layers;
    for (const std::string& name : recipe.seen_layers)
      if (!among(recipe.feature_layers, name)) compared.push_back(name);
    compared.push_back(recipe.code_layer);
    encode_ = engine.compile(
        network.graph,
        {.batch = recipe.batch, .values = recipe.jitter > 0 ? std::vector{recipe.code_layer} : compared, .precision = run.precision});

    Graph drawn = bind_batch(generator, recipe.batch);
    const Graph studied = bind_batch(network.graph, recipe.batch);
    std::string seen = "image";
    if (recipe.jitter > 0) {
      seen = kShift + "moved";
      const Graph shift = bind_batch(shift_network(extent_), recipe.batch);
      drawn = chain(drawn, "image", {}, shift, "image", {"", kShift});
      compare_ = engine.compile(chain(shift, "moved", {}, studied, input_, {kShift, ""}),
                                {.batch = recipe.batch, .values = compared, .precision = run.precision});
    }
    const Graph chained = chain(drawn, seen, {}, studied, input_, {"", Reconstructor::kEncoder});
    CompileOptions options{
        .batch = recipe.batch, .values = {"image"}, .gradients = g.trained_names(), .mutable_weights = true, .precision = run.precision};
    for (const std::string& name : compared) options.values.push_back(Reconstructor::kEncoder + name);
    options.seeds = options.values;
    draw_ = engine.compile(chained, options);
    g.load_into(*draw_);

    CompileOptions judged{.batch = 2 * recipe.batch,  // real pictures, then drawn ones
                          .values = {"score"},
                          .seeds = {"score"},
                          .gradients = d.trained_names(),
                          .mutable_weights = true,
                          .precision = run.precision};
    judged.gradients.push_back("image");
    for (const std::string& name : recipe.seen_layers) judged.gradients.push_back(kSeen + name);
    judge_ = engine.compile(discriminator, judged);
    d.load_into(*judge_);
  }

  Losses step(std::span<const float> pictures, int64_t step) {
    Losses losses;
    std::ranges::copy(pictures, encode_->input(input_).begin());
    encode_->forward();
    if (compare_) shift(step);
    Program& wanted = compare_ ? *compare_ : *encode_;
    const Part code{Part::Kind::kValue, recipe_.code_layer}, real{Part::Kind::kInput, input_}, drawn{Part::Kind::kValue, "image"};
    const int64_t rows = recipe_.batch;
    draw_->take({Part::Kind::kInput, "code"}, *encode_, code, rows);
    draw_->forward();

    judge_->take({Part::Kind::kInput, "image"}, *encode_, real, rows);
    judge_->take({Part::Kind::kInput, "image", rows}, *draw_, drawn, rows);
    for (const std::string& name : recipe_.seen_layers) {
      judge_->take({Part::Kind::kInput, kSeen + name}, wanted, {Part::Kind::kValue, name}, rows);
      judge_->take({Part::Kind::kInput, kSeen + name, rows}, *draw_, {Part::Kind::kValue, Reconstructor::kEncoder + name}, rows);
    }
    for (const int64_t first : {int64_t{0}, rows}) judge_->take({Part::Kind::kInput, "code", first}, *encode_, code, rows);
    judge_->forward();
    const auto n = static_cast<size_t>(rows);
    const auto scores = judge_->value("score"), of_real = scores.first(n), of_drawn = scores.last(n);
    const auto seed = judge_->seed("score");
    losses.discriminator = loss_taken_for_real(of_real, seed.first(n)) + loss_taken_for_fake(of_drawn, seed.last(n));
    std::vector<float> factors(n);
    const double adversarial = loss_taken_for_real(of_drawn, factors);
    losses.adversarial = recipe_.adversarial * adversarial;
    for (size_t i = 0; i < n; ++i) factors[i] *= recipe_.adversarial / std::max(seed[n + i], 1e-12f);
    judge_->backward();

    draw_->take({Part::Kind::kSeed, "image"}, *judge_, {Part::Kind::kGradient, "image", rows}, rows, factors);
    for (const std::string& name : recipe_.seen_layers)
      draw_->take({Part::Kind::kSeed, Reconstructor::kEncoder + name}, *judge_, {Part::Kind::kGradient, kSeen + name, rows}, rows, factors);
    losses.image = draw_->seed_squared_error("image", *encode_, real, {.weight = recipe_.image});
    const auto compare = [&](const std::string& layer, float weight) {
      return draw_->seed_squared_error(Reconstructor::kEncoder + layer, wanted, {Part::Kind::kValue, layer},
                                       {.weight = weight, .relative = true, .replace = !among(recipe_.seen_layers, layer)});
    };
    for (const std::string& name : recipe_.feature_layers) losses.feature += compare(name, recipe_.feature);
    losses.code = compare(recipe_.code_layer, recipe_.code);
    if (!std::isfinite(losses.sum() + losses.discriminator)) return losses;
    draw_->backward();
    const float shape = cosine_rate(1, step, recipe_.warm_up, recipe_.steps);
    const OptimiserOptions adam{.beta1 = recipe_.beta1, .beta2 = recipe_.beta2, .weight_decay = 0, .gradient_limit = 0};
    g_.step(*draw_, {adam, recipe_.rate * shape, step, recipe_.average_decay_at(step)});
    if (losses.discriminator >= recipe_.balance * adversarial) d_.step(*judge_, {adam, recipe_.discriminator_rate * shape, step});
    return losses;
  }

  void bring_back() { g_.bring_back(*draw_), d_.bring_back(*judge_); }

 private:
  static inline const std::string kShift = "shift.", kSeen = DiscriminatorShape::kSeen;

  static bool among(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  }

  // Moves the pictures that the comparators see and tells the program of the drawn ones to do the same.
  void shift(int64_t step) {
    Rng rng(recipe_.seed, "jitter", static_cast<uint64_t>(step));
    const auto batch = static_cast<size_t>(recipe_.batch);
    const auto rows = compare_->input(kShift + "rows"), columns = compare_->input(kShift + "columns");
    const size_t tall = rows.size() / batch, wide = columns.size() / batch;
    for (size_t i = 0; i < batch; ++i)
      write_shift(draw_shift(rng, recipe_.jitter), extent_, rows.subspan(i * tall, tall), columns.subspan(i * wide, wide));
    compare_->take({Part::Kind::kInput, kShift + "image"}, *encode_, {Part::Kind::kInput, input_}, recipe_.batch);
    compare_->forward();
    for (const char* matrix : {"rows", "columns"}) {
      const Part part{Part::Kind::kInput, kShift + matrix};
      draw_->take(part, *compare_, part, recipe_.batch);
    }
  }

  const GeneratorRecipe& recipe_;
  std::string input_;
  PictureExtent extent_;
  Parameters &g_, &d_;
  std::unique_ptr<Program> encode_, draw_, judge_;
  std::unique_ptr<Program> compare_;  // with jitter: what the comparators make of the moved pictures; without, encode_ says it
};

}  // namespace

Json GeneratorRecipe::to_json() const {
  return {{"code", shape.code},
          {"size", shape.size},
          {"channels", shape.channels},
          {"fully_connected", shape.fully_connected},
          {"widths", shape.widths},
          {"discriminator_widths", discriminator.widths},
          {"discriminator_embedding", discriminator.embedding},
          {"code_layer", code_layer},
          {"feature_layers", feature_layers},
          {"seen_layers", seen_layers},
          {"steps", steps},
          {"batch", batch},
          {"image", image},
          {"feature", feature},
          {"code_weight", this->code},
          {"adversarial", adversarial},
          {"jitter", jitter},
          {"rate", rate},
          {"discriminator_rate", discriminator_rate},
          {"warm_up", warm_up},
          {"beta1", beta1},
          {"beta2", beta2},
          {"balance", balance},
          {"average_decay", average_decay},
          {"bound_images", bound_images},
          {"flip", flip},
          {"seed", seed}};
}

GeneratorResult train_generator(const Dataset& train, const Dataset& validation, const Model& network, const GeneratorRecipe& given,
                                const RunOptions& run, const Model* start) {
  GeneratorRecipe recipe = given;
  expect_size_of(train, network);
  recipe.code_layer = find_layer(network, recipe.code_layer);
  if (recipe.feature_layers.empty()) recipe.feature_layers = pools_below(network, recipe.code_layer);
  for (std::string& name : recipe.feature_layers) name = find_layer(network, name);
  for (std::string& name : recipe.seen_layers) {
    name = find_layer(network, name);
    const Shape shape = network.graph.type_of(name).shape;
    if (shape.rank() != 4)
      throw Error(fmt::format("its layer {} is {}, not [n, c, h, w]", name, shape), "name another layer").at(network.name);
    if (std::ranges::count(recipe.seen_layers, name) > 1)
      throw Error(fmt::format("its layer {} is named twice for the discriminator", name), "name it once").at(network.name);
    recipe.discriminator.maps.push_back({name, shape});
  }

  log_info(fmt::format("measuring the codes of {} pictures at {}", std::min(recipe.bound_images, train.count), recipe.code_layer));
  const CodeStatistics codes = measure_codes(network, recipe.code_layer, train, recipe.bound_images, run.engine);
  recipe.shape.code = recipe.discriminator.code = static_cast<int64_t>(codes.mean.size());
  recipe.shape.size = recipe.discriminator.size = train.height;
  recipe.shape.channels = recipe.discriminator.channels = train.channels;
  recipe.shape.code_deviation = recipe.discriminator.code_deviation = static_cast<float>(codes.root_mean_square());

  for (DiscriminatorShape::Map& map : recipe.discriminator.maps)
    map.deviation = static_cast<float>(measure_codes(network, map.name, train, 500, run.engine).root_mean_square());

  const TrainableGraph generator = generator_network(recipe.shape, recipe.seed),
                       discriminator = discriminator_network(recipe.discriminator, recipe.seed + 1);
  Parameters g(generator, true), d(discriminator, false);
  Json key = recipe.to_json();
  key["network"] = network.hash;
  if (start) key["start"] = start->hash;
  Checkpoint checkpoint(beside(run, ".checkpoint"),
                        key_of(std::move(key), train, run,
                               {"steps", "image", "feature", "code_weight", "adversarial", "rate", "discriminator_rate", "balance"}),
                        {{"generator ", &g}, {"discriminator ", &d}});
  const int64_t first_step = first_step_of(checkpoint, recipe.steps);
  if (first_step == 0 && start) located(start->name, [&] { g.start_from(start->graph); });

  Trainer trainer(recipe, network, generator.graph, discriminator.graph, g, d, run);
  Reconstructor examiner(generator.graph, {network, recipe.code_layer}, validation, {.engine = run.engine, .precision = run.precision});
  Loader loader(
      train,
      {.batch = recipe.batch, .seed = recipe.seed, .flip = recipe.flip, .threads = loader_threads(run), .preprocess = network.preprocess});
  const TrainingLoop loop{.steps = recipe.steps,
                          .losses = {"image", "feature", "code", "adversarial", "discriminator"},
                          .samples = {"code_error"},
                          .step = [&](int64_t step) { return trainer.step(loader.next(step).values, step).columns(); },
                          .bring_back = [&] { trainer.bring_back(); },
                          .sample = [&]() -> TrainingLoop::Sample {
                            g.load_into(examiner.generator(), true);
                            return {{examiner.median_error(500)}, examiner.grid(40)};
                          }};
  GeneratorResult result;
  result.end = run_training(loop, checkpoint, first_step, run);
  if (result.end.stopped()) return result;

  g.load_into(examiner.generator(), true);
  result.code_error = examiner.median_error(validation.count);
  result.dead_units = codes.dead_share();
  Model& model = result.model;
  model.kind = ModelKind::kGenerator;
  model.graph = infer_shapes(g.written_to(generator, true).graph);
  model.preprocess = network.preprocess;
  model.preprocess_known = true;
  model.bounds = codes.bounds();
  model.provenance = provenance_of(checkpoint, result.end, run);
  model.provenance.update({{"network", network.name},
                           {"code_layer", recipe.code_layer},
                           {"code_sigma_mean", codes.mean_deviation()},
                           {"code_images", codes.images},
                           {"dead_units", result.dead_units},
                           {"code_error", result.code_error}});
  if (start) model.provenance["start"] = start->provenance;
  return result;
}

}  // namespace phosphene

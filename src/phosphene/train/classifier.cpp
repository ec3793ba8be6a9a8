// Each step: masks, forward, p = softmax(logits), dL/d(logits) = (p - target) / n, backward, the optimiser's step.
#include "phosphene/train/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/train/loader.h"
#include "phosphene/train/loop.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/read.h"
#include "phosphene/train/trunk.h"
#include "phosphene/train/unfold.h"

namespace phosphene {

namespace {

// Inverted dropout: 0 with probability `rate`, else 1 / (1 - rate). Row r of step s is row s * rows + r of the run's random numbers.
void draw_mask(std::span<float> mask, int64_t rows, float rate, uint64_t seed, const char* name, int64_t step) {
  const float kept = 1 / (1 - rate);
  const auto limit = static_cast<uint32_t>(static_cast<double>(rate) * 4294967295.0);
  const size_t width = mask.size() / static_cast<size_t>(rows);
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows; ++row) {
    Rng rng(seed, name, static_cast<uint64_t>(step * rows + row));
    for (float& m : mask.subspan(static_cast<size_t>(row) * width, width)) m = rng.next() < limit ? 0 : kept;
  }
}

const std::string kCode = "fc6";

// Lanes 4 i + 1 show what is drawn of lanes 4 i.
void redraw_one_in_four(Onlooker& drawing, std::span<float> pictures) {
  const size_t rows = static_cast<size_t>(drawing.batch()), size = pictures.size() / (4 * rows);
  std::vector<float> shown(rows * size);
  for (size_t i = 0; i < rows; ++i)
    std::ranges::copy(pictures.subspan(4 * i * size, size), shown.begin() + static_cast<ptrdiff_t>(i * size));
  const std::span<const float> drawn = drawing.see(shown);
  for (size_t i = 0; i < rows; ++i)
    std::ranges::copy(drawn.subspan(i * size, size), pictures.begin() + static_cast<ptrdiff_t>((4 * i + 1) * size));
}

Preprocess photo_preprocess(const Dataset& data) {
  Preprocess p;
  p.height = data.height, p.width = data.width;
  if (data.channels == 1) {
    p.order = ColourOrder::kGrey;
    p.mean = {0.5f}, p.deviation = {0.5f};
  } else {
    p.mean = {0.48f, 0.45f, 0.40f}, p.deviation = {0.27f, 0.27f, 0.28f};
  }
  return p;
}

Model deployed(Graph graph, const Dataset& data, const Preprocess& preprocess) {
  Model model;
  model.kind = ModelKind::kClassifier;
  model.graph = infer_shapes(std::move(graph));
  model.preprocess = preprocess;
  model.preprocess_known = true;
  model.labels = data.labels;
  return model;
}

Graph trunk_below(const Model& network, const std::string& layer, const Preprocess& pictures) {
  const std::string value = find_layer(network, layer);
  if (network.graph.type_of(value).shape.rank() != 4)
    throw Error(fmt::format("the layer {} is {}, not [n, c, h, w]", value, network.graph.type_of(value).shape),
                "give a convolution or a pool below it")
        .at(network.name);
  return behind_pictures(network, {value}, pictures, false);
}

Graph teaching(const Model& network, const Dataset& data, const Preprocess& pictures) {
  if (network.labels != data.labels)
    throw Error(fmt::format("the teacher's {} classes are not the {} of the data", network.labels.size(), data.labels.size()),
                "give a classifier that was trained on the same classes")
        .at(network.name);
  return behind_pictures(network, {network.logits()}, pictures, true);
}

// What stands around the network: graphs that start at the data's pictures.
struct Surroundings {
  std::optional<Graph> trunk, teacher, redraw;
};

Surroundings surroundings(const ClassifierRecipe& recipe, const ClassifierOrigin& origin, const Dataset& data, const Preprocess& pictures) {
  if (origin.start && origin.trunk) throw Error("--start-from keeps the trunk that it has", "leave --trunk or --start-from out");
  if (recipe.twins > 0 && recipe.batch % 4 != 0) throw Error(fmt::format("twins in a batch of {}", recipe.batch), "give a multiple of 4");
  if (origin.redraw && (!origin.start || recipe.twins <= 0))
    throw Error("pictures are redrawn from the codes of --start-from, for --twins", "give both");
  Surroundings around;
  if (origin.trunk) around.trunk = trunk_below(*origin.trunk, origin.trunk_layer, pictures);
  if (origin.start) expect_size_of(data, *origin.start), around.trunk = trunk_of(*origin.start);
  if (origin.teacher) around.teacher = teaching(*origin.teacher, data, pictures);
  if (origin.redraw) around.redraw = redrawing(*origin.start, kCode, *origin.redraw, pictures);
  return around;
}

// The program that learns and the ones that look on.
class Trainer {
 public:
  Trainer(const ClassifierRecipe& recipe, const TrainableGraph& network, const Surroundings& around, Parameters& parameters,
          const RunOptions& run)
      : recipe_(recipe), parameters_(parameters), logits_(network.graph.outputs[0]), masks_(network.masks) {
    CompileOptions options{.batch = recipe.batch, .values = parameters.statistic_values(), .seeds = {logits_}};
    options.values.push_back(logits_);
    if (recipe.twins > 0) options.values.push_back(kCode), options.seeds.push_back(kCode);
    options.gradients = parameters.trained_names();
    options.mutable_weights = true;
    options.precision = run.precision;
    program_ = find_engine(run.engine).compile(network.graph, options);
    parameters.load_into(*program_);
    if (around.trunk) below_.emplace(*around.trunk, recipe.batch, run);
    if (around.teacher) above_.emplace(*around.teacher, recipe.batch, run);
    if (around.redraw) drawing_.emplace(*around.redraw, recipe.batch / 4, run);
  }

  // A loss that is no number changes nothing.
  ClassLoss step(const Batch& batch, int64_t step, float rate) {
    const std::span<float> pictures = below_ ? below_->pictures() : program_->input("image");
    std::ranges::copy(batch.values, pictures.begin());
    if (drawing_) redraw_one_in_four(*drawing_, pictures);
    if (below_) std::ranges::copy(below_->look(), program_->input("features").begin());
    for (const std::string& name : masks_)
      draw_mask(program_->input(name), recipe_.batch, recipe_.dropout, recipe_.seed, name.c_str(), step);
    program_->forward();
    const std::span<float> seed = program_->seed(logits_);
    ClassLoss loss = softmax_cross_entropy(program_->value(logits_), batch.classes, recipe_.label_smoothing, seed);
    if (above_) {
      for (float& s : seed) s *= 1 - recipe_.teacher_weight;
      const DistillationOptions taught{.weight = recipe_.teacher_weight, .temperature = recipe_.temperature};
      loss.loss = (1 - recipe_.teacher_weight) * loss.loss +
                  distillation_loss(program_->value(logits_), above_->see(batch.values), recipe_.batch, taught, seed);
    }
    if (recipe_.twins > 0) loss.loss += pair_distance(program_->value(kCode), recipe_.batch, recipe_.twins, program_->seed(kCode));
    if (!std::isfinite(loss.loss)) return loss;
    program_->backward();
    parameters_.step(*program_, {.options = recipe_.optimiser, .rate = rate, .iteration = step});
    parameters_.take_statistics(*program_);
    return loss;
  }

  void bring_back() { parameters_.bring_back(*program_); }

 private:
  const ClassifierRecipe& recipe_;
  Parameters& parameters_;
  const std::string logits_;
  const std::set<std::string> masks_;
  std::unique_ptr<Program> program_;
  std::optional<Onlooker> below_, above_, drawing_;
};

}  // namespace

Json ClassifierRecipe::to_json() const {
  Json json = {{"size", shape.size},
               {"channels", shape.channels},
               {"classes", shape.classes},
               {"widths", shape.widths},
               {"fully_connected", shape.fully_connected},
               {"epochs", epochs},
               {"batch", batch},
               {"optimiser", optimiser.kind == OptimiserOptions::Kind::kAdamW ? "adamw" : "sgd"},
               {"beta1", optimiser.beta1},
               {"beta2", optimiser.beta2},
               {"weight_decay", optimiser.weight_decay},
               {"rate", rate},
               {"warm_up", warm_up},
               {"label_smoothing", label_smoothing},
               {"dropout", dropout},
               {"crop_pad", crop_pad},
               {"least_area", least_area},
               {"blur", blur},
               {"twins", twins},
               {"flip", flip},
               {"seed", seed}};
  if (shape.blocks > 0) json["blocks"] = shape.blocks, json.erase("fully_connected");
  return json;
}

Accuracy measure_accuracy(const Model& model, const Dataset& data, const std::string& engine, Precision precision, int64_t batch) {
  batch = std::min(batch, data.count);
  const std::string logits = model.logits(), input = model.input().name;
  const auto program = find_engine(engine).compile(model.graph, {.batch = batch, .values = {logits}, .precision = precision});
  std::vector<int64_t> which;
  int64_t top1 = 0, top5 = 0;
  for (int64_t first = 0; first < data.count; first += batch) {
    which.resize(static_cast<size_t>(std::min(batch, data.count - first)));
    std::iota(which.begin(), which.end(), first);
    read_images(data, model.preprocess, which, program->input(input));
    program->forward();
    const auto values = program->value(logits);
    const size_t classes = values.size() / static_cast<size_t>(batch);
    for (size_t i = 0; i < which.size(); ++i) {
      const float* row = values.data() + i * classes;
      const float of_class = row[data.classes[static_cast<size_t>(which[i])]];
      const auto above = std::count_if(row, row + classes, [&](float v) { return v > of_class; });
      top1 += above < 1, top5 += above < 5;
    }
  }
  return {static_cast<double>(top1) / static_cast<double>(data.count), static_cast<double>(top5) / static_cast<double>(data.count)};
}

ClassifierResult train_classifier(const Dataset& train, const Dataset& validation, const ClassifierRecipe& given, const RunOptions& run,
                                  const ClassifierOrigin& origin) {
  const Model* start = origin.start;
  ClassifierRecipe recipe = given;
  recipe.shape.size = train.height, recipe.shape.channels = train.channels;
  recipe.shape.classes = static_cast<int64_t>(train.labels.size());
  const Preprocess preprocess = photo_preprocess(train);
  const Surroundings around = surroundings(recipe, origin, train, preprocess);
  const std::optional<Graph>& trunk = around.trunk;
  if (trunk) recipe.shape.widths.clear(), recipe.shape.blocks = 0;
  if (recipe.shape.blocks > 0 && recipe.twins > 0) throw Error(fmt::format("a residual network has no {}", kCode), "leave --twins out");
  const TrainableGraph network = trunk ? classifier_head(recipe.shape, trunk->type_of(trunk->outputs[0]).shape, recipe.seed)
                                       : classifier_network(recipe.shape, recipe.seed);
  Parameters parameters(network, false);
  const auto steps = static_cast<int64_t>(std::ceil(recipe.epochs * static_cast<double>(train.count) / static_cast<double>(recipe.batch)));

  Json key = recipe.to_json();
  if (start) key["start"] = start->hash;
  if (origin.trunk) key["trunk"] = {{"network", origin.trunk->name}, {"hash", origin.trunk->hash}, {"layer", trunk->outputs[0]}};
  if (origin.redraw) key["redraw"] = origin.redraw->hash;
  if (origin.teacher)
    key["teacher"] = {{"network", origin.teacher->name},
                      {"hash", origin.teacher->hash},
                      {"weight", recipe.teacher_weight},
                      {"temperature", recipe.temperature}};
  Checkpoint checkpoint(beside(run, ".checkpoint"),
                        key_of(std::move(key), train, run, {"epochs", "rate", "weight_decay", "label_smoothing", "dropout", "twins"}),
                        {{"", &parameters}});
  const int64_t first_step = first_step_of(checkpoint, steps);
  if (first_step == 0 && start) located(start->name, [&] { start_from_folded(parameters, network.graph, *start, train, run.engine); });

  Trainer trainer(recipe, network, around, parameters, run);
  Loader loader(train, {.batch = recipe.batch,
                        .seed = recipe.seed,
                        .flip = recipe.flip,
                        .pad = recipe.crop_pad,
                        .least_area = recipe.least_area,
                        .blur = recipe.blur,
                        .twins = recipe.twins > 0,
                        .threads = loader_threads(run),
                        .preprocess = preprocess});
  const TrainingLoop loop{.steps = steps,
                          .losses = {"loss", "accuracy", "rate"},
                          .step = [&](int64_t step) -> std::vector<double> {
                            const float rate = cosine_rate(recipe.rate, step, recipe.warm_up, steps);
                            const ClassLoss loss = trainer.step(loader.next(step), step, rate);
                            return {loss.loss, static_cast<double>(loss.correct) / static_cast<double>(recipe.batch), rate};
                          },
                          .bring_back = [&] { trainer.bring_back(); }};
  ClassifierResult result;
  result.end = run_training(loop, checkpoint, first_step, run);
  if (result.end.stopped()) return result;

  Graph graph = deployed_classifier(parameters.written_to(network));
  if (trunk) graph = on_trunk(*trunk, graph);
  result.model = deployed(std::move(graph), train, preprocess);
  const Accuracy accuracy = measure_accuracy(result.model, validation, run.engine, Precision::kFloat32);
  result.top1 = accuracy.top1, result.top5 = accuracy.top5;
  result.model.provenance = provenance_of(checkpoint, result.end, run);
  result.model.provenance.update(
      {{"training_images", train.count}, {"validation_images", validation.count}, {"top1", accuracy.top1}, {"top5", accuracy.top5}});
  if (start) result.model.provenance["start"] = start->provenance;
  return result;
}

}  // namespace phosphene

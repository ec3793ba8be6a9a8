// The trainer is timed as users run it: images per second = batch * steps / (T(1 + steps) - T(1)), where T(n) is the time of a whole run of
// n steps. The difference leaves out what a run does once: compiling, measuring codes, the last checkpoint and the last samples.
#include "phosphene/cli/bench_train.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/rng.h"
#include "phosphene/cli/measure.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/generator.h"

namespace phosphene {
namespace {

// Speed does not depend on what the pictures show.
Dataset noise(int64_t count, const ClassifierShape& shape) {
  Dataset data{.count = count, .height = shape.size, .width = shape.size, .channels = shape.channels};
  data.labels.assign(static_cast<size_t>(shape.classes), "");
  data.classes.assign(static_cast<size_t>(count), 0);
  auto pixels = std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(count * data.image_size()));
  Rng rng(0, "noise");
  for (uint8_t& pixel : *pixels) pixel = static_cast<uint8_t>(rng.next());
  data.pixels = {pixels, pixels->data()};
  return data;
}

Model untrained_classifier(const ClassifierShape& shape) {
  Model model;
  model.name = "untrained";
  model.kind = ModelKind::kClassifier;
  model.graph = infer_shapes(deployed_classifier(classifier_network(shape, 0)));
  model.preprocess.height = model.preprocess.width = shape.size;
  model.preprocess_known = true;
  return model;
}

// A folder that is gone at the end, also after an Error.
struct ScratchFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("phosphene-bench-{}", getpid());
  ScratchFolder() { std::filesystem::create_directories(path); }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
};

double seconds_of_run(const Model& network, const Dataset& data, const Dataset& few, const TrainBenchOptions& options, int64_t steps) {
  const ScratchFolder scratch;
  GeneratorRecipe recipe;
  recipe.steps = steps;
  recipe.batch = options.batch;
  recipe.bound_images = few.count;
  RunOptions run;
  run.out = scratch.path / "generator.onnx";
  run.engine = options.engine;
  run.precision = options.precision;
  return seconds_of([&] { train_generator(data, few, network, recipe, run); });
}

}  // namespace

void bench_train(const TrainBenchOptions& options) {
  const std::string script = options.peer ? find_peer("train_peer.py") : "";
  const ClassifierShape shape;
  const Model network = untrained_classifier(shape);
  const Dataset data = noise(options.batch * 4, shape), few = noise(40, shape);
  std::vector<std::string> peer_arguments = {"--batch",   std::to_string(options.batch), "--steps", std::to_string(options.steps),
                                             "--threads", std::to_string(threads())};
  if (options.precision == Precision::kBfloat16) peer_arguments.push_back("--bf16");
  std::vector<std::string> channels_last = peer_arguments;
  channels_last.push_back("--channels-last");

  std::vector<double> ours, plain, last;  // images per second: phosphene, PyTorch in its two memory layouts
  std::string blas;
  for (int round = 0; round < options.repeats; ++round) {
    log_info(fmt::format("round {} of {}", round + 1, options.repeats));
    const double once = seconds_of_run(network, data, few, options, 1),
                 more = seconds_of_run(network, data, few, options, 1 + options.steps);
    if (more <= once) throw Error("the machine was too unsteady to measure", "give more --steps, on a machine that does nothing else");
    ours.push_back(static_cast<double>(options.batch * options.steps) / (more - once));
    if (!options.peer) continue;
    const Json result = run_peer(script, peer_arguments);
    plain.push_back(result.at("images_per_second").get<double>());
    blas = result.at("blas").get<std::string>();
    last.push_back(run_peer(script, channels_last).at("images_per_second").get<double>());
  }

  fmt::print("threads {}, batch {}, {}\n", threads(), options.batch, to_string(options.precision));
  fmt::print("{:<38} {:>8.1f} images/s\n", "phosphene", median(ours));
  if (!options.peer) return;
  fmt::print("{:<38} {:>8.1f} images/s\n", fmt::format("PyTorch ({} BLAS)", blas), median(plain));
  fmt::print("{:<38} {:>8.1f} images/s\n", fmt::format("PyTorch ({} BLAS), channels last", blas), median(last));
  fmt::print("{:<38} {:>8.2f}\n", "ratio to the faster PyTorch", median(ours) / std::max(median(plain), median(last)));
}

}  // namespace phosphene

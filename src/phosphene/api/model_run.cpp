// Pictures go through one program of a fixed batch; the last batch is filled up with what the batch before left.
#include <algorithm>
#include <functional>

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"
#include "phosphene/model.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/model.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene::api {

namespace {

constexpr size_t kMostAtOnce = 32;

// The input's size; where it is open the preprocessing's, else the first picture's.
Preprocess preprocess_for(const phosphene::Model& model, const Picture& first) {
  const Shape& shape = model.input().type.shape;
  if (shape.rank() != 4) throw Error(fmt::format("input {} {} is no picture", model.input().name, shape));
  Preprocess preprocess = model.preprocess;
  if (shape[2] != kUnknown) preprocess.height = shape[2];
  if (shape[3] != kUnknown) preprocess.width = shape[3];
  if (!preprocess.height) preprocess.height = first.height;
  if (!preprocess.width) preprocess.width = first.width;
  return preprocess;
}

void check_picture(const Picture& picture, int64_t channels) {
  if (picture.channels != channels || picture.height < 1 || picture.width < 1 ||
      picture.pixels.size() != static_cast<size_t>(picture.height * picture.width * channels))
    throw Error(fmt::format("a picture has {} channels of {} x {} pixels", picture.channels, picture.height, picture.width),
                fmt::format("give pictures of {}", channels == 1 ? "one channel" : "three channels: red, green, blue"));
}

// Pictures, preprocessed, through one program, a batch at a time.
class Passes {
 public:
  Passes(const phosphene::Model& model, std::span<const Picture> pictures, CompileOptions options) : pictures_(pictures) {
    if (pictures.empty()) throw Error("there is no picture to run on", "give one");
    preprocess_ = preprocess_for(model, pictures[0]);
    for (const Picture& picture : pictures) check_picture(picture, preprocess_.channels());
    options.batch = possible_batch(model.graph, static_cast<int64_t>(std::min(kMostAtOnce, pictures.size())));
    batch_ = static_cast<size_t>(options.batch);
    const Shape& shape = model.input().type.shape;
    options.size = {shape[2] == kUnknown ? preprocess_.height : 0, shape[3] == kUnknown ? preprocess_.width : 0};
    program_ = find_engine("onednn").compile(model.graph, options);
    input_ = model.input().name;
  }

  phosphene::Program& program() { return *program_; }

  // [n, ...], without values yet. Error for a value that does not begin with the batch.
  LayerValues empty_values(const std::string& value) const {
    const auto dims = program_->graph().type_of(value).shape.dims();
    LayerValues values{value, {dims.begin(), dims.end()}, {}};
    if (values.shape.empty() || values.shape[0] != static_cast<int64_t>(batch_))
      throw Error(fmt::format("layer {} has no value for each picture", value), "choose another layer");
    values.shape[0] = static_cast<int64_t>(pictures_.size());
    return values;
  }

  // `after`: with the number of pictures in the batch that forward() has seen.
  void run(const std::function<void(size_t count)>& after) {
    const std::span<float> input = program_->input(input_);
    const size_t one = input.size() / batch_;
    for (size_t first = 0; first < pictures_.size(); first += batch_) {
      const size_t count = std::min(batch_, pictures_.size() - first);
      for (size_t i = 0; i < count; ++i) {
        const Picture& from = pictures_[first + i];
        Image image;
        image.height = from.height, image.width = from.width, image.channels = from.channels, image.pixels = from.pixels;
        preprocess_.to_values(image, input.subspan(i * one, one));
      }
      program_->forward();
      after(count);
    }
  }

  void append(std::span<const float> all, size_t count, LayerValues& to) const {
    to.values.insert(to.values.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / batch_ * count));
  }

 private:
  std::span<const Picture> pictures_;
  Preprocess preprocess_;
  size_t batch_ = 0;
  std::string input_;
  std::unique_ptr<phosphene::Program> program_;
};

// Weights of one picture's values: as they are given, or one a unit, the same at all positions. `shape`: of a layer, with its batch.
std::vector<float> weights_of(std::span<const float> given, const Shape& shape, int axis) {
  const int64_t size = shape.size(1, shape.rank()), units = axis > 0 ? shape[axis] : 0;
  if (static_cast<int64_t>(given.size()) == size) return {given.begin(), given.end()};
  if (static_cast<int64_t>(given.size()) != units)
    throw Error(fmt::format("{} weights for a layer of {} units, {} values", given.size(), units, size),
                "give a weight a unit, or one a value");
  std::vector<float> weights;
  const int64_t inner = shape.size(axis + 1, shape.rank());
  for (int64_t i = 0; i < size; ++i) weights.push_back(given[static_cast<size_t>(i / inner % units)]);
  return weights;
}

}  // namespace

std::vector<LayerValues> Model::run(Session& session, std::span<const Picture> pictures, const std::vector<std::string>& layers) const {
  const phosphene::Model& model = *body_->model;
  const phosphene::Session::Scope scope(session.body().session);
  return located(model.name, [&] {
    CompileOptions options;
    for (const std::string& layer : layers) options.values.push_back(phosphene::find_layer(model, layer));
    if (layers.empty()) options.values = model.graph.outputs;
    Passes passes(model, pictures, options);
    std::vector<LayerValues> results;
    for (const std::string& value : options.values) results.push_back(passes.empty_values(value));
    passes.run([&](size_t count) {
      for (LayerValues& result : results) passes.append(passes.program().value(result.layer), count, result);
    });
    return results;
  });
}

LayerValues Model::gradient(Session& session, std::span<const Picture> pictures, const std::string& layer,
                            std::span<const float> weights) const {
  const phosphene::Model& model = *body_->model;
  const phosphene::Session::Scope scope(session.body().session);
  return located(model.name, [&] {
    const std::string value = phosphene::find_layer(model, layer), input = model.input().name;
    Passes passes(model, pictures, {.values = {value}, .seeds = {value}, .gradients = {input}});
    passes.empty_values(value);  // it has one for each picture
    const std::vector<float> one = weights_of(weights, passes.program().graph().type_of(value).shape, unit_axis(model.graph, value));
    LayerValues result = passes.empty_values(input);
    passes.run([&](size_t count) {
      const std::span<float> seed = passes.program().seed(value);
      std::ranges::fill(seed, 0.0f);
      for (size_t i = 0; i < count; ++i) std::ranges::copy(one, seed.begin() + static_cast<std::ptrdiff_t>(i * one.size()));
      passes.program().backward();
      passes.append(passes.program().gradient(input), count, result);
    });
    return result;
  });
}

}  // namespace phosphene::api

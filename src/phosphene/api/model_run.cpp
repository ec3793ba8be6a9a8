// Pictures go through one program of a fixed batch; the last batch is filled up with what the batch before left.
#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"
#include "phosphene/model.h"
#include "phosphene/model/model.h"

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

}  // namespace

std::vector<LayerValues> Model::run(Session& session, std::span<const Picture> pictures, const std::vector<std::string>& layers) const {
  const phosphene::Model& model = *body_->model;
  const phosphene::Session::Scope scope(session.body().session);
  return located(model.name, [&] {
    if (pictures.empty()) throw Error("there is no picture to run on", "give one");
    const Preprocess preprocess = preprocess_for(model, pictures[0]);
    for (const Picture& picture : pictures) check_picture(picture, preprocess.channels());
    const size_t batch = std::min(kMostAtOnce, pictures.size());
    CompileOptions options{.batch = static_cast<int64_t>(batch)};
    for (const std::string& layer : layers) options.values.push_back(phosphene::find_layer(model, layer));
    if (layers.empty()) options.values = model.graph.outputs;
    const Shape& shape = model.input().type.shape;
    options.size = {shape[2] == kUnknown ? preprocess.height : 0, shape[3] == kUnknown ? preprocess.width : 0};
    const auto program = find_engine("onednn").compile(model.graph, options);
    std::vector<LayerValues> results;
    for (const std::string& value : options.values) {
      const auto dims = program->graph().type_of(value).shape.dims();
      results.push_back({value, {dims.begin(), dims.end()}, {}});
      if (results.back().shape.empty() || results.back().shape[0] != options.batch)
        throw Error(fmt::format("layer {} has no value for each picture", value), "choose another layer");
      results.back().shape[0] = static_cast<int64_t>(pictures.size());
    }
    const std::span<float> input = program->input(model.input().name);
    const size_t one = input.size() / batch;
    for (size_t first = 0; first < pictures.size(); first += batch) {
      const size_t count = std::min(batch, pictures.size() - first);
      for (size_t i = 0; i < count; ++i) {
        const Picture& from = pictures[first + i];
        Image image;
        image.height = from.height, image.width = from.width, image.channels = from.channels, image.pixels = from.pixels;
        preprocess.to_values(image, input.subspan(i * one, one));
      }
      program->forward();
      for (LayerValues& result : results) {
        const std::span<const float> values = program->value(result.layer);
        result.values.insert(result.values.end(), values.begin(),
                             values.begin() + static_cast<std::ptrdiff_t>(values.size() / batch * count));
      }
    }
    return results;
  });
}

}  // namespace phosphene::api

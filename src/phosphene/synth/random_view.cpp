// A product with a matrix moves rows where a row holds all colours, [n, h, c w], and columns where every colour's rows stand by themselves,
// [n, h c, w].
#include "phosphene/synth/random_view.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/synth/resampling.h"

namespace phosphene {

namespace {

// A deviation given as a share of half the range of pixels, in the values of every channel.
std::vector<float> noise_deviations(const Preprocess& preprocess, double share) {
  std::vector<float> deviations;
  for (int64_t c = 0; c < preprocess.channels(); ++c) {
    const auto values = preprocess.values_of_pixel(c);
    deviations.push_back(static_cast<float>(share * (static_cast<double>(values.back() - values.front()) / 2)));
  }
  return deviations;
}

}  // namespace

RandomView append_view(Graph& graph, const std::string& image, const Preprocess& preprocess, const Views& views) {
  const Shape shape = graph.type_of(image).shape;
  PHOSPHENE_CHECK_EQ(shape.rank(), 4);
  const int64_t n = shape[0], c = shape[1], h = shape[2], w = shape[3];
  PHOSPHENE_CHECK_EQ(c, preprocess.channels());
  const auto name = [&](const char* word) { return passes::unique_name(graph, std::string("view/") + word); };
  RandomView view{name("rows"), name("columns"), "", "", h, w, views, {}};
  graph.inputs.push_back({view.rows, {DataType::kFloat32, Shape{n, h, h}}});
  graph.inputs.push_back({view.columns, {DataType::kFloat32, Shape{n, w, w}}});

  std::string value = image;
  const auto append = [&](const char* word, const char* op, std::vector<std::string> inputs, Attributes attributes = {}) {
    value = name(word);
    graph.nodes.push_back({value, op, std::move(inputs), {value}, std::move(attributes)});
  };
  const auto reshape = [&](const char* word, std::vector<int64_t> extents) {
    const std::string target = passes::unique_name(graph, std::string("view/") + word + "/shape");
    graph.add_weight(target, Tensor::ints(std::move(extents)));
    append(word, "Reshape", {value, target});
  };
  const std::vector<int64_t> swap_rows_and_colours{0, 2, 1, 3}, transposed{0, 2, 1};
  append("columns_transposed", "Transpose", {view.columns}, {{"perm", transposed}});
  const std::string columns = value;
  append("rows_first", "Transpose", {image}, {{"perm", swap_rows_and_colours}});
  reshape("wide", {0, h, c * w});
  append("moved_rows", "MatMul", {view.rows, value});
  reshape("tall", {0, h * c, w});
  append("moved", "MatMul", {value, columns});
  reshape("moved_rows_first", {0, h, c, w});
  append("seen", "Transpose", {value}, {{"perm", swap_rows_and_colours}});
  if (views.noise > 0) {
    view.noise = name("noise");
    view.deviations = noise_deviations(preprocess, views.noise);
    graph.inputs.push_back({view.noise, {DataType::kFloat32, Shape{n, c, h, w}}});
    append("noisy", "Add", {value, view.noise});
  }
  view.seen = value;
  graph.outputs.push_back(view.seen);
  graph = infer_shapes(std::move(graph));
  return view;
}

RandomView with_views(RandomView view, const Preprocess& preprocess, const Views& views) {
  view.views = views;
  if (!view.noise.empty()) view.deviations = noise_deviations(preprocess, views.noise);
  return view;
}

void draw_view(const RandomView& view, const ViewOf& of, const ViewInputs& inputs) {
  Resampling down, across;
  const auto step = static_cast<uint64_t>(of.step);
  if (!of.last) {
    Rng random(of.seed, "view", step);
    down.scale = across.scale = random.uniform(view.views.smallest, view.views.largest);
    const double shift = std::max(view.views.shift, (1 - 1 / down.scale) / 2);
    down.shift = random.uniform(-shift, shift) * static_cast<double>(view.height);
    across.shift = random.uniform(-shift, shift) * static_cast<double>(view.width);
  }
  write_resampling(inputs.rows, view.height, down);
  write_resampling(inputs.columns, view.width, across);
  if (view.noise.empty()) return;
  if (of.last) {
    std::ranges::fill(inputs.noise, 0.0f);
    return;
  }
  Rng random(of.seed, "noise", step);
  const size_t channel = inputs.noise.size() / view.deviations.size();
  for (size_t c = 0; c < view.deviations.size(); ++c) random.fill_normal(inputs.noise.subspan(c * channel, channel), view.deviations[c]);
}

}  // namespace phosphene

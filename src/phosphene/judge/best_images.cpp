#include "phosphene/judge/best_images.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/train/read.h"

namespace phosphene {

int64_t BestImages::dead() const {
  return std::count_if(activation.begin(), activation.end(), [](float a) { return a <= 0; });
}

BestImages best_images(const Model& model, const std::string& layer, const Dataset& data, const std::string& engine) {
  const int64_t batch = std::min<int64_t>(100, data.count);
  const auto program = find_engine(engine).compile(model.graph, {.batch = batch, .values = {layer}});
  const Shape shape = program->graph().type_of(layer).shape;
  const auto units = static_cast<size_t>(shape[1]), positions = static_cast<size_t>(shape.size(2, shape.rank()));
  BestImages best{std::vector<float>(units, -INFINITY), std::vector<int64_t>(units, -1), data.count};
  std::vector<int64_t> which;
  for (int64_t first = 0; first < data.count; first += batch) {
    which.resize(static_cast<size_t>(std::min(batch, data.count - first)));
    std::iota(which.begin(), which.end(), first);
    read_images(data, model.preprocess, which, program->input(model.input().name));
    program->forward();
    const float* value = program->value(layer).data();
    for (const int64_t image : which)
      for (size_t unit = 0; unit < units; ++unit, value += positions) {
        const float top = *std::max_element(value, value + positions);
        if (top > best.activation[unit]) best.activation[unit] = top, best.image[unit] = image;
      }
  }
  return best;
}

}  // namespace phosphene

#include "phosphene/judge/real_activations.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/graph/passes.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/train/read.h"

namespace phosphene {

double UnitActivations::deviation() const {
  double sum = 0, square = 0;
  for (const float a : sorted) sum += a, square += static_cast<double>(a) * a;
  const auto n = static_cast<double>(sorted.size());
  return std::sqrt(std::max(0.0, square / n - sum / n * (sum / n)));
}

double UnitActivations::percentile(double activation) const {
  const auto lower = std::lower_bound(sorted.begin(), sorted.end(), activation) - sorted.begin();
  return static_cast<double>(lower) / static_cast<double>(sorted.size());
}

RealActivations real_activations(const Model& model, const std::string& layer, const Dataset& data, const std::string& engine) {
  const int64_t batch = possible_batch(model.graph, std::min<int64_t>(100, data.count));
  std::vector<std::string> values = {layer};  // with its units on axis 1, as the search has them
  const Graph graph = units_first(bind_batch(cut(model.graph, values), batch, {data.height, data.width}), values);
  const auto program = find_engine(engine).compile(graph, {.batch = batch, .values = values});
  const Shape shape = program->graph().type_of(values[0]).shape;
  const auto positions = static_cast<size_t>(shape.size(2, shape.rank()));
  RealActivations units(static_cast<size_t>(shape[1]));
  std::vector<int64_t> which;
  for (int64_t first = 0; first < data.count; first += batch) {
    which.resize(static_cast<size_t>(std::min(batch, data.count - first)));
    std::iota(which.begin(), which.end(), first);
    read_images(data, model.preprocess, which, program->input(model.input().name));
    program->forward();
    const float* value = program->value(values[0]).data();
    for (size_t image = 0; image < which.size(); ++image)
      for (UnitActivations& unit : units) {
        unit.sorted.push_back(*std::max_element(value, value + positions));
        value += positions;
      }
  }
  for (UnitActivations& unit : units) std::sort(unit.sorted.begin(), unit.sorted.end());
  return units;
}

int64_t count_dead(const RealActivations& units) {
  return std::count_if(units.begin(), units.end(), [](const UnitActivations& unit) { return unit.best() <= 0; });
}

}  // namespace phosphene

#include "phosphene/train/code_statistics.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"
#include "phosphene/train/read.h"

namespace phosphene {

namespace {

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

double CodeStatistics::mean_deviation() const { return mean_of(deviation); }

double CodeStatistics::root_mean_square() const {
  double sum = 0;
  for (size_t i = 0; i < mean.size(); ++i) sum += static_cast<double>(mean[i]) * mean[i] + static_cast<double>(deviation[i]) * deviation[i];
  return std::sqrt(sum / static_cast<double>(mean.size()));
}

double CodeStatistics::dead_share() const {
  int64_t dead = 0;
  for (size_t i = 0; i < mean.size(); ++i) dead += smallest[i] == 0 && largest[i] == 0;
  return static_cast<double>(dead) / static_cast<double>(mean.size());
}

CodeBounds CodeStatistics::bounds() const {
  CodeBounds bounds;
  for (size_t i = 0; i < mean.size(); ++i) {
    bounds.lower.push_back(smallest[i] >= 0 ? 0 : mean[i] - 3 * deviation[i]);
    bounds.upper.push_back(mean[i] + 3 * deviation[i]);
  }
  return bounds;
}

CodeStatistics measure_codes(const Model& network, const std::string& layer, const Dataset& data, int64_t most_images,
                             const std::string& engine) {
  const int64_t count = std::min(most_images, data.count), batch = std::min<int64_t>(100, count);
  const auto program = find_engine(engine).compile(network.graph, {.batch = batch, .values = {layer}});
  const size_t width = program->value(layer).size() / static_cast<size_t>(batch);
  std::vector<double> sum(width), square(width);
  CodeStatistics s{.smallest = std::vector<float>(width, INFINITY), .largest = std::vector<float>(width, -INFINITY), .images = count};
  const std::vector<int64_t> which = spread(count, data.count);
  for (int64_t first = 0; first < count; first += batch) {
    const int64_t rows = std::min(batch, count - first);
    read_images(data, network.preprocess, std::span(which).subspan(static_cast<size_t>(first), static_cast<size_t>(rows)),
                program->input(network.input().name));
    program->forward();
    const auto codes = program->value(layer);
    for (int64_t i = 0; i < rows; ++i)
      for (size_t k = 0; k < width; ++k) {
        const float y = codes[static_cast<size_t>(i) * width + k];
        sum[k] += y, square[k] += static_cast<double>(y) * y;
        s.smallest[k] = std::min(s.smallest[k], y), s.largest[k] = std::max(s.largest[k], y);
      }
  }
  const auto n = static_cast<double>(count);
  for (size_t k = 0; k < width; ++k) {
    s.mean.push_back(static_cast<float>(sum[k] / n));
    s.deviation.push_back(static_cast<float>(std::sqrt(std::max(0.0, square[k] / n - (sum[k] / n) * (sum[k] / n)))));
  }
  return s;
}

}  // namespace phosphene

#include "phosphene/atlas/path.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/base/parallel.h"

namespace phosphene {

namespace {

double product(std::span<const float> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

// Mean over the positions of [units, h, w] inside `part`; of [units, positions] over all.
void pooled(std::span<const float> value, const Shape& shape, const PixelRect& part, std::span<float> out) {
  const int64_t positions = shape.size(1, shape.rank());
  int64_t y0 = 0, y1 = 1, x0 = 0, x1 = positions, width = positions;
  if (shape.rank() == 3) {
    y0 = part.y, y1 = part.y + part.height, x0 = part.x, x1 = part.x + part.width, width = shape[2];
  }
  const double count = static_cast<double>((y1 - y0) * (x1 - x0));
  for (size_t unit = 0; unit < out.size(); ++unit) {
    const float* map = value.data() + static_cast<int64_t>(unit) * positions;
    double sum = 0;
    for (int64_t y = y0; y < y1; ++y)
      for (int64_t x = x0; x < x1; ++x) sum += map[y * width + x];
    out[unit] = static_cast<float>(sum / count);
  }
}

}  // namespace

int64_t WayVectors::size() const { return std::accumulate(sizes.begin(), sizes.end(), int64_t{0}); }

std::span<float> WayVectors::of(int64_t picture, size_t way) {
  const int64_t before = std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(way), int64_t{0});
  return std::span(values).subspan(static_cast<size_t>(picture * size() + before), static_cast<size_t>(sizes[way]));
}

std::span<const float> WayVectors::of(int64_t picture, size_t way) const { return const_cast<WayVectors*>(this)->of(picture, way); }

double PathOfPicture::mean() const {
  double sum = 0;
  for (const auto& [layer, similarity] : layers) sum += similarity;
  return sum / static_cast<double>(layers.size());
}

void standardise(WayVectors& vectors, std::span<const int64_t> rows) {
  const auto size = static_cast<size_t>(vectors.size());
  std::vector<double> mean(size), square(size);
  for (const int64_t row : rows)
    for (size_t i = 0; i < size; ++i) {
      const double value = vectors.values[static_cast<size_t>(row) * size + i];
      mean[i] += value, square[i] += value * value;
    }
  const auto count = static_cast<double>(rows.size());
  for (size_t i = 0; i < size; ++i) {
    mean[i] /= count;
    const double deviation = std::sqrt(std::max(0.0, square[i] / count - mean[i] * mean[i]));
    square[i] = deviation > 1e-6 * (1 + std::fabs(mean[i])) ? 1 / deviation : 0;  // a unit that is always the same tells nothing
  }
  for (size_t at = 0; at < vectors.values.size(); ++at)
    vectors.values[at] = static_cast<float>((static_cast<double>(vectors.values[at]) - mean[at % size]) * square[at % size]);
  const auto pictures = static_cast<int64_t>(vectors.values.size() / size);
  for (int64_t picture = 0; picture < pictures; ++picture)
    for (size_t way = 0; way < vectors.layers.size(); ++way) {
      const std::span<float> part = vectors.of(picture, way);
      double length = 0;
      for (const float value : part) length += static_cast<double>(value) * value;
      if (length > 0)
        for (float& value : part) value = static_cast<float>(value / std::sqrt(length));
    }
}

WaySum sum_of(const WayVectors& vectors, std::span<const int64_t> rows) {
  const auto size = static_cast<size_t>(vectors.size());
  WaySum sum{std::vector<double>(size), static_cast<int64_t>(rows.size())};
  for (const int64_t row : rows)
    for (size_t i = 0; i < size; ++i) sum.values[i] += static_cast<double>(vectors.values[static_cast<size_t>(row) * size + i]);
  return sum;
}

// With unit vectors, means of cosines are products of sums: sum over t != t' of t.t' = |sum t|^2 - sum |t|^2.
PathOfPicture path_of(const WayVectors& vectors, int64_t picture, std::span<const int64_t> top, const WaySum& all) {
  PathOfPicture path;
  const auto count = static_cast<double>(top.size()), rest = static_cast<double>(all.count) - count;
  if (top.size() < 2 || rest < 1) return path;
  const WaySum mine = sum_of(vectors, top);
  size_t first = 0;
  for (size_t way = 0; way < vectors.layers.size(); ++way) {
    const auto size = static_cast<size_t>(vectors.sizes[way]);
    const auto sum = std::span(mine.values).subspan(first, size), total = std::span(all.values).subspan(first, size);
    first += size;
    double squares = 0, lengths = 0, with_all = 0;
    for (size_t i = 0; i < size; ++i) squares += sum[i] * sum[i], with_all += sum[i] * total[i];
    for (const int64_t row : top)
      for (const float value : vectors.of(row, way)) lengths += static_cast<double>(value) * value;
    const double own = (squares - lengths) / (count * (count - 1)), other = (with_all - squares) / (count * rest);
    const double seen = product(vectors.of(picture, way), sum) / count;
    if (own - other < kPathTells) continue;
    path.layers.emplace_back(vectors.layers[way], std::clamp((seen - other) / (own - other), 0.0, 1.0));
  }
  return path;
}

PixelRect positions_seen(SeenParts& parts, int64_t layer, const Shape& shape, const PixelRect& seen) {
  if (shape.rank() != 3) return {};
  const auto contained = [&](int64_t y, int64_t x) {
    const PixelRect part = parts.of(layer, y * shape[2] + x);
    return std::pair(part.y >= seen.y && part.y + part.height <= seen.y + seen.height,
                     part.x >= seen.x && part.x + part.width <= seen.x + seen.width);
  };
  PixelRect positions{0, 0, 0, 0};
  for (int64_t y = 0; y < shape[1]; ++y)
    if (contained(y, shape[2] / 2).first && positions.height++ == 0) positions.y = y;
  for (int64_t x = 0; x < shape[2]; ++x)
    if (contained(shape[1] / 2, x).second && positions.width++ == 0) positions.x = x;
  if (positions.height == 0 || positions.width == 0) return {shape[1] / 2, shape[2] / 2, 1, 1};
  return positions;
}

WayVectors read_way(LayerReader& reader, const std::vector<WayLayer>& way, int64_t pictures, const std::function<Image(int64_t)>& picture,
                    const std::function<void(int64_t)>& on_progress, const std::stop_token& stop) {
  WayVectors vectors;
  for (const WayLayer& layer : way) {
    vectors.layers.push_back(layer.layer);
    vectors.sizes.push_back(reader.shape(layer.layer)[0]);
  }
  vectors.values.resize(static_cast<size_t>(pictures * vectors.size()));
  for (int64_t first = 0; first < pictures && !stop.stop_requested(); first += reader.batch()) {
    const int64_t here = std::min(reader.batch(), pictures - first);
    std::vector<Image> images(static_cast<size_t>(here));
    const auto read = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) images[static_cast<size_t>(i)] = picture(first + i);
    };
    parallel_for(here, read, threads());
    reader.read(images);
    const auto take_means = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (size_t w = 0; w < way.size(); ++w)
          pooled(reader.value(way[w].layer, i), reader.shape(way[w].layer), way[w].positions, vectors.of(first + i, w));
    };
    parallel_for(here, take_means, threads());
    if (on_progress) on_progress(first + here);
  }
  return vectors;
}

}  // namespace phosphene

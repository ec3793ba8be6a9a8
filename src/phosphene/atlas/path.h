// Path: do the layers on the way to a unit see a drawn picture as they see the unit's top real pictures? Defined in docs/atlas-format.md.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "phosphene/atlas/layer_reader.h"
#include "phosphene/base/image.h"

namespace phosphene {

// Vectors of one layer on the way: `way` layers, one after the other, of sizes[0], sizes[1] ... values each.
struct WayVectors {
  std::vector<int64_t> layers;
  std::vector<int64_t> sizes;
  std::vector<float> values;  // [pictures, sum of sizes]

  int64_t size() const;
  std::span<const float> of(int64_t picture, size_t way) const;
  std::span<float> of(int64_t picture, size_t way);
};

struct PathOfPicture {
  std::vector<std::pair<int64_t, double>> layers;  // those that can tell, with path_l
  double mean() const;
};

// Takes the mean of `rows` from every row and divides by their deviation, then makes every layer's part of a row of length 1: the product
// of two parts is their cosine c_l.
void standardise(WayVectors& vectors, std::span<const int64_t> rows);

// Sum of these rows.
struct WaySum {
  std::vector<double> values;
  int64_t count = 0;
};
WaySum sum_of(const WayVectors& vectors, std::span<const int64_t> rows);

// The equation. `top`: rows of the unit's top pictures; `all`: the sum of the rows of all units' top pictures. All are standardised. A
// layer counts where own - other is at least kPathTells.
inline constexpr double kPathTells = 0.1;
PathOfPicture path_of(const WayVectors& vectors, int64_t picture, std::span<const int64_t> top, const WaySum& all);

// A layer on the way, and the positions of its maps that the unit is made from.
struct WayLayer {
  int64_t layer = 0;
  PixelRect positions;
};

// The positions of a layer's maps [units, h, w] whose receptive fields lie inside `seen`, what the unit sees; of a layer without maps none.
PixelRect positions_seen(SeenParts& parts, int64_t layer, const Shape& shape, const PixelRect& seen);

// Reads pictures, shown to the network alone, and takes the mean of each layer's activations over these positions.
WayVectors read_way(LayerReader& reader, const std::vector<WayLayer>& way, int64_t pictures, const std::function<Image(int64_t)>& picture,
                    const std::function<void(int64_t)>& on_progress, const std::stop_token& stop);

}  // namespace phosphene

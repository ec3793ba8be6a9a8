#include "phosphene/train/validation.h"

#include <algorithm>

namespace phosphene {

Validation::Validation(const Dataset& data, const Preprocess& values, int64_t most)
    : data_(data), values_(values), batch_(std::min(most, data.count)) {}

std::vector<SpreadBatch> Validation::batches(int64_t most_pictures) const {
  const int64_t parts = std::max<int64_t>(1, std::min(most_pictures, data_.count) / batch_);
  std::vector<SpreadBatch> all;
  for (int64_t part = 0; part < parts; ++part) all.push_back({part, parts, batch_});
  return all;
}

void Validation::read(const SpreadBatch& which, std::span<float> pictures) const {
  read_images(data_, values_, spread(which, data_.count), pictures);
}

Image Validation::grid(const std::vector<std::vector<float>>& shown, int64_t most_pictures) const {
  const int64_t columns = std::min(kColumns, batch_), bands = std::min(most_pictures, batch_) / columns;
  const auto pixels = static_cast<size_t>(data_.image_size());
  std::vector<Image> cells;
  for (int64_t band = 0; band < bands; ++band)
    for (const std::vector<float>& pictures : shown)
      for (int64_t i = band * columns; i < (band + 1) * columns; ++i) {
        const auto picture = std::span(pictures).subspan(static_cast<size_t>(i) * pixels, pixels);
        cells.push_back(values_.to_image(picture, data_.height, data_.width));
      }
  return tile(cells, columns);
}

}  // namespace phosphene

// Grey 16x16 pictures of two classes: a bright bar lying or standing at a random place.
#pragma once

#include <memory>

#include "phosphene/base/rng.h"
#include "phosphene/train/classifier.h"

namespace phosphene {

inline Dataset bars(int64_t count, uint64_t seed) {
  constexpr int64_t kSide = 16;
  Dataset data{.count = count, .height = kSide, .width = kSide, .channels = 1, .labels = {"lying", "standing"}};
  std::shared_ptr<uint8_t> pixels(new uint8_t[static_cast<size_t>(count * kSide * kSide)], std::default_delete<uint8_t[]>());
  Rng rng(seed, "bars");
  for (int64_t i = 0; i < count; ++i) {
    const auto standing = static_cast<int32_t>(rng.below(2));
    const int64_t place = 2 + rng.below(kSide - 4);
    data.classes.push_back(standing);
    for (int64_t y = 0; y < kSide; ++y)
      for (int64_t x = 0; x < kSide; ++x)
        pixels.get()[(i * kSide + y) * kSide + x] = static_cast<uint8_t>(((standing ? x : y) == place ? 220 : 20) + rng.below(20));
  }
  data.pixels = pixels;
  return data;
}

// A classifier for them that learns in seconds.
inline ClassifierRecipe small_classifier() {
  ClassifierRecipe recipe;
  recipe.shape.widths = {8, 8, 16, 16, 8};
  recipe.shape.fully_connected = 16;
  recipe.batch = 16, recipe.epochs = 3, recipe.warm_up = 5, recipe.flip = false, recipe.crop_pad = 0, recipe.dropout = 0.1f;
  return recipe;
}

}  // namespace phosphene

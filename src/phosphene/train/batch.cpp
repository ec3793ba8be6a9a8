// One image: a window of network size into the padded image,
//   out[c, y, x] = table_c[ image[ row(top + y), column(left + x or left + width - 1 - x), source(c) ] ],
// where table_c[p] = (p * scale - mean_c) / deviation_c, and row and column fold the padding back into the image (reflect: -1 -> 1) or, at
// kZero, give pixel 0.
#include "phosphene/train/batch.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

constexpr int64_t kOutside = -1;
constexpr double kLeastBlur = 0.1;  // pixels; below it nothing changes
constexpr double kLeastAspect = 3.0 / 4, kMostAspect = 4.0 / 3;

struct View {
  const uint8_t* pixels;  // [height, width, channels]
  int64_t height, width, channels;
};

struct Window {
  int64_t top = 0, left = 0, height = 0, width = 0;
  bool mirrored = false;
};

int64_t folded(int64_t at, int64_t size, Padding padding) {
  if (at >= 0 && at < size) return at;
  if (padding == Padding::kZero) return kOutside;
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1), phase = ((at % period) + period) % period;
  return phase < size ? phase : period - phase;
}

// A crop of random area and aspect; the whole image when ten draws do not fit.
Window random_area(Rng& rng, const View& view, const BatchOptions& options) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = rng.uniform(options.least_area, options.most_area) * static_cast<double>(view.height * view.width);
    const double aspect = std::exp(rng.uniform(std::log(kLeastAspect), std::log(kMostAspect)));
    const int64_t width = std::llround(std::sqrt(area * aspect)), height = std::llround(std::sqrt(area / aspect));
    if (width < 1 || height < 1 || width > view.width || height > view.height) continue;
    const int64_t top = rng.below(view.height - height + 1), left = rng.below(view.width - width + 1);
    return {top, left, height, width, false};
  }
  return {0, 0, view.height, view.width, false};
}

Image cropped(const View& view, const Window& window) {
  Image image = Image::blank(window.height, window.width, view.channels, 0);
  for (int64_t y = 0; y < window.height; ++y) {
    const uint8_t* row = view.pixels + ((window.top + y) * view.width + window.left) * view.channels;
    std::copy(row, row + window.width * view.channels, image.at(y, 0));
  }
  return image;
}

}  // namespace

BatchMaker::BatchMaker(const Dataset& dataset, const BatchOptions& options) : dataset_(dataset), options_(options) {
  const Preprocess& preprocess = options.preprocess;
  channels_ = preprocess.channels();
  height_ = preprocess.height ? preprocess.height : dataset.height;
  width_ = preprocess.width ? preprocess.width : dataset.width;
  PHOSPHENE_CHECK(options.batch >= 1 && options.pad >= 0 && options.least_area > 0 && options.most_area <= 1 && options.blur >= 0 &&
                  options.threads >= 1 && (!options.twins || options.batch % 2 == 0) && dataset.count > 0);
  if (channels_ == 1 && dataset.channels == 3)
    throw Error("the network wants grey and the data set is colour", "open the data set with 1 channel");
  const bool resized = options.augment && options.least_area < 1;
  const int64_t border = options.augment ? 2 * options.pad : 0;
  if (!resized && (height_ > dataset.height + border || width_ > dataset.width + border))
    throw Error(fmt::format("images of {} x {} are too small for a network of {} x {}", dataset.height, dataset.width, height_, width_),
                "open the data set with a larger size");
  for (int64_t c = 0; c < channels_; ++c) {
    values_of_pixel_[c] = preprocess.values_of_pixel(c);
    source_channel_[c] = dataset.channels == 1 ? 0 : preprocess.picture_channel(c);
  }
}

int64_t BatchMaker::position_of(int64_t step, int64_t lane) const {
  const int64_t position = step * options_.batch + lane;
  return options_.twins ? position / 2 : position;
}

int64_t BatchMaker::index_of(int64_t position) {
  const int64_t epoch = position / dataset_.count, place = position % dataset_.count;
  if (!options_.shuffle) return place;
  if (epoch != epoch_) {
    order_ = Rng(options_.seed, "epoch", static_cast<uint64_t>(epoch)).permutation(dataset_.count);
    epoch_ = epoch;
  }
  return order_[place];
}

void BatchMaker::convert(int64_t index, int64_t position, bool second, float* values) const {
  View view{dataset_.image(index), dataset_.height, dataset_.width, dataset_.channels};
  Window window{(view.height - height_) / 2, (view.width - width_) / 2, height_, width_, false};
  Image changed;  // what the view shows, where it is not the data set's
  const auto show = [&](Image image) {
    changed = std::move(image);
    view = {changed.pixels.data(), changed.height, changed.width, view.channels};
  };
  if (options_.augment) {
    Rng rng(options_.seed, "augment", static_cast<uint64_t>(position));
    window.mirrored = options_.flip && rng.coin(0.5);
    if (options_.least_area < 1) {
      show(resize(cropped(view, random_area(rng, view, options_)), height_, width_));
      window.top = window.left = 0;
    } else {
      const int64_t free_rows = view.height + 2 * options_.pad - height_, free_columns = view.width + 2 * options_.pad - width_;
      window.top = rng.below(free_rows + 1) - options_.pad;
      window.left = rng.below(free_columns + 1) - options_.pad;
    }
    if (options_.blur > 0 && (options_.twins ? second : rng.coin(0.5)))
      show(blurred(cropped(view, {0, 0, view.height, view.width, false}), rng.uniform(kLeastBlur, options_.blur)));
  }

  std::vector<int64_t> column(static_cast<size_t>(width_));  // offset in a row, or kOutside
  bool all_inside = true;
  for (int64_t x = 0; x < width_; ++x) {
    const int64_t at = folded(window.left + (window.mirrored ? width_ - 1 - x : x), view.width, options_.padding);
    column[x] = at == kOutside ? kOutside : at * view.channels;
    all_inside = all_inside && at != kOutside;
  }
  const int64_t plane = height_ * width_;
  const float *table0 = values_of_pixel_[0].data(), *table1 = values_of_pixel_[1].data(), *table2 = values_of_pixel_[2].data();
  const auto [s0, s1, s2] = source_channel_;
  for (int64_t y = 0; y < height_; ++y) {
    const int64_t row = folded(window.top + y, view.height, options_.padding);
    const uint8_t* source = view.pixels + std::max<int64_t>(0, row) * view.width * view.channels;
    float* out = values + y * width_;
    if (row == kOutside || !all_inside) {
      for (int64_t c = 0; c < channels_; ++c)
        for (int64_t x = 0; x < width_; ++x) {
          const bool outside = row == kOutside || column[x] == kOutside;
          out[c * plane + x] = values_of_pixel_[c][outside ? 0 : source[column[x] + source_channel_[c]]];
        }
    } else if (channels_ == 3) {
      for (int64_t x = 0; x < width_; ++x) {
        const uint8_t* pixel = source + column[x];
        out[x] = table0[pixel[s0]];
        out[x + plane] = table1[pixel[s1]];
        out[x + 2 * plane] = table2[pixel[s2]];
      }
    } else {
      for (int64_t x = 0; x < width_; ++x) out[x] = table0[source[column[x]]];
    }
  }
}

void BatchMaker::make(int64_t step, Batch& batch) {
  PHOSPHENE_CHECK(step >= 0);
  const int64_t image = channels_ * height_ * width_;
  batch.step = step, batch.size = options_.batch, batch.channels = channels_, batch.height = height_, batch.width = width_;
  batch.values.resize(static_cast<size_t>(options_.batch * image));
  batch.classes.resize(static_cast<size_t>(options_.batch));
  batch.indices.resize(static_cast<size_t>(options_.batch));
  for (int64_t lane = 0; lane < options_.batch; ++lane) {
    const int64_t index = index_of(position_of(step, lane));
    batch.indices[lane] = index;
    batch.classes[lane] = dataset_.classes[index];
  }
  const auto lanes = [&](int64_t first, int64_t last) {
    for (int64_t lane = first; lane < last; ++lane)
      convert(batch.indices[lane], position_of(step, lane), lane % 2 == 1, batch.values.data() + lane * image);
  };
  parallel_for(options_.batch, lanes, options_.threads);
}

}  // namespace phosphene

#include "phosphene/synth/code_grid.h"

#include <algorithm>

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/model/model.h"

namespace phosphene {

namespace {

const char* const kTodo = "give a generator whose picture is STRIDE times as high and as wide as its code";

ImageSize picture_of(Graph generator, const ImageSize& grid) {
  const std::string image = generator.outputs.front();
  const Shape shape = bind_batch(std::move(generator), 1, grid).type_of(image).shape;
  if (shape.rank() != 4) throw Error(fmt::format("its output {} has the shape {}, which is no picture", image, shape), kTodo);
  return {shape[2], shape[3]};
}

// The stride from two grids; they differ in both sides, and no side of one is the other's, so that nothing fits by accident.
int64_t stride_of(const Graph& generator) {
  const ImageSize small{4, 7}, large{9, 12};
  const ImageSize first = picture_of(generator, small), second = picture_of(generator, large);
  const int64_t stride = first.height / small.height;
  const auto fits = [&](const ImageSize& grid, const ImageSize& picture) {
    return picture.height == stride * grid.height && picture.width == stride * grid.width;
  };
  if (stride < 1 || !fits(small, first) || !fits(large, second))
    throw Error(fmt::format("its pictures of the codes 4x7 and 9x12 have {}x{} and {}x{} pixels", first.height, first.width, second.height,
                            second.width),
                kTodo);
  return stride;
}

}  // namespace

bool is_open_grid(const Shape& code) { return code.rank() == 4 && code[1] > 0 && code[2] == kUnknown && code[3] == kUnknown; }

CodeGrid grid_for(const Graph& generator, const ImageSize& picture) {
  const int64_t stride = stride_of(generator), longer = std::max(picture.height, picture.width);
  const double shrink = std::min(1.0, static_cast<double>(kLargestGridSide) / static_cast<double>(longer));
  const auto places = [&](int64_t side) {
    const auto pixels = static_cast<int64_t>(std::lround(shrink * static_cast<double>(side)));
    return std::max<int64_t>(1, (pixels + stride - 1) / stride);
  };
  return {places(picture.height), places(picture.width), stride};
}

Graph bind_grid(Graph generator, const CodeGrid& grid) {
  for (GraphInput& input : generator.inputs) {
    Shape& shape = input.type.shape;
    if (is_open_grid(shape)) shape = {shape[0], shape[1], grid.height, grid.width};
  }
  generator.types.clear();
  return with_shapes(std::move(generator));
}

std::vector<float> spread(const std::vector<float>& channels, const Shape& code) {
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(channels.size()), code[0]);
  std::vector<float> values;
  for (const float value : channels) values.insert(values.end(), static_cast<size_t>(code.size(1, code.rank())), value);
  return values;
}

bool fills_code(int64_t values, const Shape& code) {
  return values == code.size() || (code.rank() == 3 && values < code.size() && values % code.size(1, 3) == 0);
}

std::vector<float> with_zero_channels(const std::vector<float>& codes, int64_t channels, const Shape& code) {
  const auto given = static_cast<size_t>(channels * code.size(1, code.rank())), whole = static_cast<size_t>(code.size());
  PHOSPHENE_CHECK(channels <= code[0] && codes.size() % given == 0);
  std::vector<float> wider(codes.size() / given * whole);
  for (size_t i = 0; i < codes.size() / given; ++i) std::copy_n(codes.data() + i * given, given, wider.data() + i * whole);
  return wider;
}

std::vector<float> fit_grid(const Tensor& codes, const CodeGrid& grid) {
  const Shape& from = codes.shape();
  PHOSPHENE_CHECK_EQ(from.rank(), 4);
  const auto source = [](int64_t place, int64_t wanted, int64_t given) {
    const int64_t before = (given - wanted) / 2;  // rounds towards zero; below zero where the code is repeated
    return ((place + before) % given + given) % given;
  };
  std::vector<float> fitted;
  fitted.reserve(static_cast<size_t>(from[0] * from[1] * grid.height * grid.width));
  for (int64_t map = 0; map < from[0] * from[1]; ++map)
    for (int64_t y = 0; y < grid.height; ++y)
      for (int64_t x = 0; x < grid.width; ++x) {
        const int64_t row = source(y, grid.height, from[2]), column = source(x, grid.width, from[3]);
        fitted.push_back(codes.floats()[static_cast<size_t>((map * from[2] + row) * from[3] + column)]);
      }
  return fitted;
}

}  // namespace phosphene

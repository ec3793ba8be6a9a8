// Operators that look at a picture at other places, as GridSample, products and pads.
//
//     AffineGrid      the places (x, y, 1) of an output, from -1 to 1, times theta'
//     DeformConv      GridSample at the places of the kernel's taps, each moved by its offset and times its mask, then a convolution of 1x1
//     Col2Im          ConvTranspose whose weight puts each of a block's numbers at its own place
//     CenterCropPad   Slice or Pad of each axis, half at each end; where that is odd, one more at the end
//
// DeformConv: Zhu, Hu, Lin, Dai 2019, "Deformable ConvNets v2", arXiv 1811.11168.
#include <algorithm>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

using Ints = std::vector<int64_t>;

constexpr int64_t kMostValues = int64_t{1} << 26;  // of a constant that is made here

void require_made(int64_t values) {
  if (values > kMostValues) throw Error(fmt::format("a table of {} numbers is too large", values), "export the model with smaller inputs");
}

// Positive sizes that multiply to few values.
int64_t product_of(const Ints& sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) {
    if (size < 1 || size > kMostValues) throw Error(fmt::format("a size of {}", size), "export the model again");
    product *= size;
    require_made(product);
  }
  return product;
}

// An attribute with a number an axis.
Ints one_an_axis(const Compound& c, const char* name, size_t axes, int64_t fallback) {
  Ints values = c.attributes().get_ints(name, Ints(axes, fallback));
  if (values.size() != axes || std::ranges::any_of(values, [](int64_t v) { return v < 0 || v > kMaxAttribute; }))
    throw Error(fmt::format("attribute {} has no number from 0 on for each of {} axes", name, axes), "export the model again");
  return values;
}

void affine_grid(Compound& c) {
  const Ints sizes = c.constant_ints(1);
  if (sizes.size() != 4 && sizes.size() != 5) throw Error(fmt::format("{} sizes of a grid", sizes.size()), "export the model again");
  const Ints extents(sizes.begin() + 2, sizes.end());
  const int64_t places = product_of(extents), axes = static_cast<int64_t>(extents.size());
  const bool corners = c.attributes().get_int("align_corners", 0) != 0;
  std::vector<float> values;
  for (int64_t place = 0; place < places; ++place) {
    int64_t rest = place;
    for (size_t axis = extents.size(); axis-- > 0; rest /= extents[axis]) {  // the last axis is x
      const auto extent = static_cast<double>(extents[axis]), i = static_cast<double>(rest % extents[axis]);
      values.push_back(static_cast<float>(corners ? (extent == 1 ? 0 : 2 * i / (extent - 1) - 1) : (2 * i + 1) / extent - 1));
    }
    values.push_back(1);
  }
  const std::string base = c.weight(Tensor(Shape{places, axes + 1}, values));
  const std::string theta = c.add("Transpose", {c.in(0)}, {{"perm", Ints{0, 2, 1}}});
  Ints shape = {0};
  shape.insert(shape.end(), extents.begin(), extents.end());
  shape.push_back(axes);
  c.result(0, "Reshape", {c.add("MatMul", {base, theta}), c.ints(shape)});
}

struct DeformedWindow {
  int64_t height, width, taps;  // of the picture; of the kernel
  Ints kernel, output, strides, dilations, pads;
};

// What an offset [.., 2] of (x, y) in pixels is multiplied by and added to, so that GridSample looks where it points.
std::pair<std::string, std::string> scale_and_places(Compound& c, const DeformedWindow& window) {
  const auto width = static_cast<double>(window.width), height = static_cast<double>(window.height);
  std::vector<float> places;
  const auto pixel = [&](size_t axis, int64_t out, int64_t tap) {
    return static_cast<double>(out * window.strides[axis] + tap * window.dilations[axis] - window.pads[axis]);
  };
  for (int64_t ky = 0; ky < window.kernel[0]; ++ky)
    for (int64_t kx = 0; kx < window.kernel[1]; ++kx)
      for (int64_t y = 0; y < window.output[0]; ++y)
        for (int64_t x = 0; x < window.output[1]; ++x) {
          places.push_back(static_cast<float>((2 * pixel(1, x, kx) + 1) / width - 1));
          places.push_back(static_cast<float>((2 * pixel(0, y, ky) + 1) / height - 1));
        }
  const std::vector<float> scale = {static_cast<float>(2 / width), static_cast<float>(2 / height)};
  return {c.weight(Tensor(Shape{2}, scale)), c.weight(Tensor(Shape{window.taps, window.output[0], window.output[1], 2}, places))};
}

void deform_conv(Compound& c) {
  const Shape of_x = c.shape(c.in(0)), of_w = c.shape(c.in(1)), of_offset = c.shape(c.in(2));
  if (of_x.rank() != 4 || of_w.rank() != 4 || of_offset.rank() != 4 || !of_w.known() || of_x[1] < 1 || of_x[2] < 1 || of_x[3] < 1 ||
      of_offset[2] < 1 || of_offset[3] < 1)
    throw Error(fmt::format("input {}, weight {} and offset {} do not fit", of_x, of_w, of_offset), "export the model with fixed sizes");
  const int64_t groups = c.attributes().get_int("offset_group", 1);
  DeformedWindow window{of_x[2], of_x[3], of_w[2] * of_w[3], {of_w[2], of_w[3]}, {of_offset[2], of_offset[3]}, {}, {}, {}};
  window.strides = one_an_axis(c, "strides", 2, 1), window.dilations = one_an_axis(c, "dilations", 2, 1);
  window.pads = one_an_axis(c, "pads", 4, 0);
  if (groups < 1 || of_x[1] % groups != 0 || window.taps < 1 || of_offset[1] != 2 * groups * window.taps)
    throw Error(fmt::format("offset {} does not fit {} groups of {} taps", of_offset, groups, window.taps), "export the model again");
  product_of({window.taps, window.output[0], window.output[1], 2});
  const auto [scale, places] = scale_and_places(c, window);
  const Ints& out = window.output;
  const auto parts = [&](const std::string& x) {
    return groups == 1 ? std::vector<std::string>{x} : c.add_many("Split", {x}, static_cast<size_t>(groups), {{"axis", int64_t{1}}});
  };
  const auto x_parts = parts(c.in(0)), offsets = parts(c.in(2)), masks = c.has(4) ? parts(c.in(4)) : x_parts;
  std::vector<std::string> sampled;
  for (size_t g = 0; g < static_cast<size_t>(groups); ++g) {
    const std::string apart = c.add("Reshape", {offsets[g], c.ints({0, window.taps, 2, out[0], out[1]})});
    const std::string last = c.add("Transpose", {apart}, {{"perm", Ints{0, 1, 3, 4, 2}}});  // (y, x)
    const std::string pixels = c.add("Gather", {last, c.ints({1, 0})}, {{"axis", int64_t{4}}});
    const std::string grid = c.add("Add", {c.add("Mul", {pixels, scale}), places});
    const std::string flat = c.add("Reshape", {grid, c.ints({0, window.taps * out[0], out[1], 2})});
    const std::string taps = c.add("GridSample", {x_parts[g], flat}, {{"mode", std::string("bilinear")}, {"align_corners", int64_t{0}}});
    std::string values = c.add("Reshape", {taps, c.ints({0, 0, window.taps, out[0], out[1]})});
    if (c.has(4)) values = c.add("Mul", {values, c.add("Unsqueeze", {masks[g], c.ints({1})})});
    sampled.push_back(values);
  }
  const std::string all = sampled.size() == 1 ? sampled[0] : c.add("Concat", sampled, {{"axis", int64_t{1}}});
  const std::string flat = c.add("Reshape", {all, c.ints({0, of_x[1] * window.taps, out[0], out[1]})});
  std::vector<std::string> inputs = {flat, c.add("Reshape", {c.in(1), c.ints({of_w[0], of_w[1] * window.taps, 1, 1})})};
  if (c.has(3)) inputs.push_back(c.in(3));
  c.result(0, "Conv", inputs, {{"group", c.attributes().get_int("group", 1)}});
}

void col2im(Compound& c) {
  const Ints image = c.constant_ints(1), block = c.constant_ints(2);
  const size_t axes = block.size();
  const Shape of_x = c.shape(c.in(0));
  if (axes < 1 || axes > 3 || image.size() != axes || of_x.rank() != 3 || of_x[1] < 1)
    throw Error(fmt::format("blocks of {} axes from {} for a picture of {}", axes, of_x, image.size()), "export the model again");
  const int64_t taps = product_of(block), channels = of_x[1] / taps;
  product_of(image);
  const Ints strides = one_an_axis(c, "strides", axes, 1), dilations = one_an_axis(c, "dilations", axes, 1),
             pads = one_an_axis(c, "pads", 2 * axes, 0);
  Ints counts = {0, of_x[1]}, padding;
  for (size_t i = 0; i < axes; ++i) {
    const int64_t reach = image[i] + pads[i] + pads[i + axes] - dilations[i] * (block[i] - 1) - 1;
    if (reach < 0 || strides[i] < 1)
      throw Error(fmt::format("a block of {} in a picture of {}", block[i], image[i]), "export the model again");
    counts.push_back(reach / strides[i] + 1);
    padding.push_back(reach % strides[i]);
  }
  if (channels < 1 || of_x[1] % taps != 0) throw Error(fmt::format("{} channels of blocks of {}", of_x[1], taps), "export the model again");
  require_made(of_x[1] * taps);
  std::vector<float> identity(static_cast<size_t>(of_x[1] * taps), 0);
  for (int64_t row = 0; row < of_x[1]; ++row) identity[static_cast<size_t>(row * taps + row % taps)] = 1;
  Shape of_weight{of_x[1], 1};
  for (const int64_t extent : block) of_weight.push_back(extent);
  c.result(0, "ConvTranspose", {c.add("Reshape", {c.in(0), c.ints(counts)}), c.weight(Tensor(of_weight, identity))},
           {{"group", channels}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"output_padding", padding}});
}

void center_crop_pad(Compound& c) {
  const Ints wanted = c.constant_ints(1);
  const Shape shape = c.shape(c.in(0));
  Ints axes(static_cast<size_t>(shape.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  axes = c.attributes().get_ints("axes", axes);
  if (axes.size() != wanted.size()) throw Error(fmt::format("{} sizes for {} axes", wanted.size(), axes.size()), "export the model again");
  Ints pads(2 * static_cast<size_t>(shape.rank()), 0), from, to, cut;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = normal_axis(axes[i], shape.rank());
    const int64_t extent = shape[axis], more = wanted[i] - extent;
    if (extent == kUnknown || wanted[i] < 0 || wanted[i] > kMaxElements)
      throw Error(fmt::format("{} becomes {} at axis {}", shape, wanted[i], axis), "export the model with fixed sizes");
    if (more > 0) pads[static_cast<size_t>(axis)] = more / 2, pads[static_cast<size_t>(axis + shape.rank())] = more - more / 2;
    if (more < 0) from.push_back(-more / 2), to.push_back(-more / 2 + wanted[i]), cut.push_back(axis);
  }
  const std::string x = cut.empty() ? c.in(0) : c.add("Slice", {c.in(0), c.ints(from), c.ints(to), c.ints(cut)});
  c.result(0, "Pad", {x, c.ints(pads)});
}

}  // namespace

std::vector<CompoundOp> sampling_compounds() {
  return {{"", "AffineGrid", affine_grid}, {"", "DeformConv", deform_conv}, {"", "Col2Im", col2im}, {"", "CenterCropPad", center_crop_pad}};
}

}  // namespace phosphene

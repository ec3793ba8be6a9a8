// Signals. Along an axis, with n numbers that are cut or get zeros to be n:
//
//     DFT            X[k] = sum_l x[l] exp(-2 pi i k l / n), a product with a table of cosines and sines; inverse: +, divided by n.
//                    onesided: k up to n / 2; inverse of such a half: real numbers from it and its mirror image
//     HannWindow     1/2 - 1/2 cos(2 pi l / n),  HammingWindow  25/46 - 21/46 cos,  BlackmanWindow  0.42 - 1/2 cos + 0.08 cos(4 pi l / n)
//                    n the size, one less where attribute periodic is 0
//
// The last axis of a DFT holds real and imaginary part, or the real one alone.
#include <cmath>
#include <utility>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

using Ints = std::vector<int64_t>;

constexpr int64_t kLongest = 4096;

struct Transform {
  int64_t points, in, out;      // n; numbers along the axis before and after
  int64_t parts_in, parts_out;  // 1 real, 2 with the imaginary part
  bool inverse, mirrored;       // mirrored: the input is the half of something symmetric
};

// [in * parts_in, out * parts_out]
Tensor table_of(const Transform& t) {
  std::vector<float> values(static_cast<size_t>(t.in * t.parts_in * t.out * t.parts_out));
  const auto at = [&](int64_t l, int64_t part_in, int64_t k, int64_t part_out) -> float& {
    return values[static_cast<size_t>(((l * t.parts_in + part_in) * t.out + k) * t.parts_out + part_out)];
  };
  for (int64_t l = 0; l < t.in; ++l)
    for (int64_t k = 0; k < t.out; ++k) {
      const double angle = (t.inverse ? 2 : -2) * M_PI * static_cast<double>(l * k % t.points) / static_cast<double>(t.points);
      double weight = t.inverse ? 1 / static_cast<double>(t.points) : 1;
      if (t.mirrored && l != 0 && 2 * l != t.points) weight *= 2;
      const auto real = static_cast<float>(weight * std::cos(angle)), imaginary = static_cast<float>(weight * std::sin(angle));
      at(l, 0, k, 0) = real;
      if (t.parts_in == 2) at(l, 1, k, 0) = -imaginary;
      if (t.parts_out == 2) at(l, 0, k, 1) = imaginary;
      if (t.parts_in == 2 && t.parts_out == 2) at(l, 1, k, 1) = real;
    }
  return Tensor(Shape{t.in * t.parts_in, t.out * t.parts_out}, std::move(values));
}

// Cut or filled with zeros to `length` along an axis.
std::string fitted(Compound& c, const std::string& x, int axis, int64_t length) {
  const Shape& shape = c.shape(x);
  if (shape[axis] == length) return x;
  if (shape[axis] > length) return c.add("Slice", {x, c.ints({0}), c.ints({length}), c.ints({axis})});
  Ints pads(2 * static_cast<size_t>(shape.rank()), 0);
  pads[static_cast<size_t>(axis + shape.rank())] = length - shape[axis];
  return c.add("Pad", {x, c.ints(pads)});
}

void dft(Compound& c) {
  const Attributes& a = c.attributes();
  const Shape shape = c.shape(c.in(0));
  const int rank = shape.rank();
  int64_t wanted_axis = a.get_int("axis", c.opset() < 20 ? 1 : -2);
  if (c.has(2)) wanted_axis = c.constant_ints(2).at(0);
  const int axis = rank < 2 ? -1 : normal_axis(wanted_axis, rank);
  if (axis < 0 || axis == rank - 1 || shape[axis] < 1 || shape[-1] < 1 || shape[-1] > 2)
    throw Error(fmt::format("a signal {} along axis {}", shape, wanted_axis), "export the model with fixed sizes");
  Transform t{};
  t.inverse = a.get_int("inverse", 0) != 0;
  const bool half = a.get_int("onesided", 0) != 0;
  t.mirrored = half && t.inverse;
  t.points = t.mirrored ? 2 * (shape[axis] - 1) : shape[axis];
  if (c.has(1)) t.points = c.constant_ints(1).at(0);
  if (t.points < 1 || t.points > kLongest)
    throw Error(fmt::format("a transform of {} numbers is not supported", t.points), fmt::format("1 to {} are", kLongest));
  t.in = t.mirrored ? t.points / 2 + 1 : t.points, t.out = half && !t.inverse ? t.points / 2 + 1 : t.points;
  t.parts_in = shape[-1], t.parts_out = t.mirrored ? 1 : 2;
  Ints perm;  // the axis and the parts come last
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis && i != rank - 1) perm.push_back(i);
  perm.insert(perm.end(), {axis, rank - 1});
  Ints back(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) back[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  const auto reshape = [&](const std::string& x, std::initializer_list<int64_t> last) {
    Ints target(static_cast<size_t>(rank) - 2, 0);
    target.insert(target.end(), last);
    return c.add("Reshape", {x, c.ints(target)});
  };
  const std::string x = c.add("Transpose", {fitted(c, c.in(0), axis, t.in)}, {{"perm", perm}});
  const std::string y = c.add("MatMul", {reshape(x, {t.in * t.parts_in}), c.weight(table_of(t))});
  c.result(0, "Transpose", {reshape(y, {t.out, t.parts_out})}, {{"perm", back}});
}

struct Cosines {
  double constant, first, second;
};

void window(Compound& c, const Cosines& of) {
  const Ints sizes = c.constant_ints(0);
  if (sizes.size() != 1 || sizes[0] < 1 || sizes[0] > kLongest)
    throw Error(fmt::format("a window of {} numbers is not supported", sizes.empty() ? 0 : sizes[0]), fmt::format("1 to {} are", kLongest));
  const auto period = static_cast<double>(c.attributes().get_int("periodic", 1) != 0 ? sizes[0] : std::max<int64_t>(sizes[0] - 1, 1));
  std::vector<float> values;
  for (int64_t l = 0; l < sizes[0]; ++l) {
    const double angle = 2 * M_PI * static_cast<double>(l) / period;
    values.push_back(static_cast<float>(of.constant - of.first * std::cos(angle) + of.second * std::cos(2 * angle)));
  }
  c.result(0, "Identity", {c.weight(Tensor(Shape{sizes[0]}, values))});
}

}  // namespace

std::vector<CompoundOp> signal_compounds() {
  return {
      {"", "DFT", dft},
      {"", "HannWindow",
       [](Compound& c) {
         window(c, {0.5, 0.5, 0});
       }},
      {"", "HammingWindow",
       [](Compound& c) {
         window(c, {25.0 / 46, 21.0 / 46, 0});
       }},
      {"", "BlackmanWindow",
       [](Compound& c) {
         window(c, {0.42, 0.5, 0.08});
       }},
  };
}

}  // namespace phosphene

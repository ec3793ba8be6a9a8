// sign 1, exponent e, fraction m bits: value = (-1)^s 2^(e - bias) (1 + f / 2^m), where the exponent is 0: 2^(1 - bias) f / 2^m. Positive
// codes stand in the order of their values.
#include "phosphene/graph/narrow_float.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

// kLastCode: the one code with all bits set; kMinusZero: the code of minus zero; kIeee: the largest exponent, fraction 0 being infinity.
enum class NotANumber { kLastCode, kMinusZero, kIeee, kNone };

struct Format {
  int type, exponent, fraction, bias;
  NotANumber not_a_number;
};

constexpr int kPowersOfTwo = 24;  // has an exponent and nothing else
constexpr Format kFormats[] = {{17, 4, 3, 7, NotANumber::kLastCode},
                               {18, 4, 3, 8, NotANumber::kMinusZero},
                               {19, 5, 2, 15, NotANumber::kIeee},
                               {20, 5, 2, 16, NotANumber::kMinusZero},
                               {23, 2, 1, 1, NotANumber::kNone}};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const Format& format_of(int64_t type) {
  const auto found = std::ranges::find(kFormats, type, &Format::type);
  PHOSPHENE_CHECK(found != std::end(kFormats));
  return *found;
}

double value_of(const Format& of, unsigned code) {
  const unsigned exponent = code >> of.fraction, fraction = code & ((1U << of.fraction) - 1);
  const double share = std::ldexp(fraction, -of.fraction);
  return exponent == 0 ? std::ldexp(share, 1 - of.bias) : std::ldexp(1 + share, static_cast<int>(exponent) - of.bias);
}

// The number of finite values that are not negative.
unsigned finite_codes(const Format& of) {
  const unsigned all = 1U << (of.exponent + of.fraction);
  if (of.not_a_number == NotANumber::kLastCode) return all - 1;
  return of.not_a_number == NotANumber::kIeee ? all - (1U << of.fraction) : all;
}

std::vector<double> magnitudes(const Format& of) {
  std::vector<double> values(finite_codes(of));
  for (unsigned code = 0; code < values.size(); ++code) values[code] = value_of(of, code);
  return values;
}

}  // namespace

bool is_narrow_float(int64_t onnx_type) {
  return onnx_type == kPowersOfTwo || std::ranges::find(kFormats, onnx_type, &Format::type) != std::end(kFormats);
}

float narrow_float_of_bits(int64_t onnx_type, uint8_t bits) {
  if (onnx_type == kPowersOfTwo) return bits == 255 ? kNan : std::ldexp(1.0F, bits - 127);
  const Format& of = format_of(onnx_type);
  const unsigned sign = 1U << (of.exponent + of.fraction), code = bits & (sign - 1);
  const bool negative = (bits & sign) != 0;
  if (of.not_a_number == NotANumber::kMinusZero && negative && code == 0) return kNan;
  if (code >= finite_codes(of)) {
    const bool infinite = of.not_a_number == NotANumber::kIeee && (code & ((1U << of.fraction) - 1)) == 0;
    return infinite ? (negative ? -INFINITY : INFINITY) : kNan;
  }
  const auto value = static_cast<float>(value_of(of, code));
  return negative ? -value : value;
}

double round_to_narrow_float(int64_t onnx_type, double value, bool saturate) {
  static const std::vector<std::vector<double>> tables = [] {
    std::vector<std::vector<double>> all;
    for (const Format& of : kFormats) all.push_back(magnitudes(of));
    return all;
  }();
  const Format& of = format_of(onnx_type);
  const std::vector<double>& values = tables[static_cast<size_t>(&of - kFormats)];
  if (std::isnan(value)) return of.not_a_number == NotANumber::kNone ? 0 : value;
  const double size = std::abs(value), largest = values.back(), beyond = value_of(of, static_cast<unsigned>(values.size()));
  double nearest = largest;
  const bool last_is_even = (values.size() - 1) % 2 == 0;
  if (size > largest) {
    const double middle = (largest + beyond) / 2;
    if (!saturate && of.not_a_number != NotANumber::kNone && (size > middle || (size == middle && !last_is_even)))
      return of.not_a_number == NotANumber::kIeee ? std::copysign(INFINITY, value) : static_cast<double>(kNan);
  } else {
    const auto above = std::ranges::lower_bound(values, size);
    const auto code = static_cast<size_t>(above - values.begin());
    nearest = *above;
    if (code > 0) {
      const double to_above = *above - size, to_below = size - values[code - 1];
      if (to_below < to_above || (to_below == to_above && code % 2 != 0)) nearest = values[code - 1];
    }
  }
  return std::copysign(nearest, value);
}

}  // namespace phosphene

// How far apart two computations of the same thing may be, as norm(a - b) / norm(b), and why.
#pragma once

namespace phosphene::test {

// Reference gradient against central differences, both in double: truncation h^2 f''' / f' with h = 1e-6, rounding 1e-16 / h. Sharp
// curvature (Pow, LRN, batch statistics) takes the rest.
inline constexpr double kGradientCheck = 1e-5;
inline constexpr double kDifferenceStep = 1e-6;

// Reference against PyTorch in float64, written with 6 digits; float32 attributes (epsilon, alpha) are the rest.
inline constexpr double kGolden = 1e-5;

// A float32 engine against doubles: 6e-8 a rounding, random over some thousand terms, times what cancellation loses; Winograd convolutions
// lose a digit.
inline constexpr double kFloat32 = 1e-4;

// bfloat16 has 8 bits: 4e-3 a rounding, a few of them in a row.
inline constexpr double kBfloat16 = 3e-2;

// The same for gradients through a kink behind a rounded value: a share of about 1e-2 of the values lies on the other side of the kink, and
// the square root of that share is the norm's error.
inline constexpr double kBfloat16Kink = 0.3;

// A reference norm below this per number is rounding noise around an exact zero (such as the gradient of a bias that a normalisation
// removes).
inline constexpr double kZero = 1e-6;

}  // namespace phosphene::test

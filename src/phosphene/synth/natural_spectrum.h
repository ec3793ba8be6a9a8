// Natural spectrum: how strong each wave is in photographs, seen as sums of waves; the mean over a data set, measured by
// tools/natural-spectrum, and carried on to pictures of any size. models/natural-spectrum.md tells of the data.
#pragma once

#include <cstdint>

namespace phosphene {

constexpr int64_t kMeasuredSide = 64;   // pixels a side of the pictures measured
constexpr int64_t kMeasuredWaves = 32;  // frequencies 0 .. 31 cycles a picture, down and across

// One channel of pixels in [0, 1].
struct MeasuredChannel {
  double mean;                                       // of a pixel
  double exponent;                                   // of the magnitude's fall with frequency
  float magnitude[kMeasuredWaves * kMeasuredWaves];  // [down, across]: mean |X| of the unnormalised discrete Fourier transform
};

// Colours that are uncorrelated in photographs: column k is the (red, green, blue) of colour k. Columns are orthogonal, of length one.
extern const double kNaturalColours[3][3];
// Grey, then the three colours.
extern const MeasuredChannel kMeasuredChannels[4];

// A wave of a picture: cycles in its height and in its width, of either sign; not both 0.
struct Wave {
  int64_t down = 0, across = 0;
};
struct PictureSides {
  int64_t height = 0, width = 0;
};

// Mean |X| of that wave in photographs of that size.
double natural_magnitude(const MeasuredChannel& channel, const Wave& wave, const PictureSides& sides);

}  // namespace phosphene

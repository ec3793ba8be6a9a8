// X[v, u] = 4 M[v, u] e^(i pi y[v, u])
//
// y the code; M the mean magnitude of that wave in photographs (natural_spectrum.h), in colours that are uncorrelated there. The sum of
// these waves goes through 1 / (1 + e^-x), which near grey is 1 / 2 + x / 4, hence the 4. So that every code has exactly these magnitudes,
// the code moves each wave of a real picture once:
//   * a wave and its conjugate are one wave; where both are among the coefficients (v = 0 and v = width / 2) only u < height / 2 counts,
//   twice;
//   * a wave that is its own conjugate (u and v each 0 or half a side) has no phase: it stands still. The one of frequency 0 is the mean
//   colour.
// A code from N(0, 1) has phases all round, so the search starts at a picture without any shape in it.
#include "phosphene/synth/priors/maco.h"

#include <numbers>

#include "phosphene/synth/natural_spectrum.h"
#include "phosphene/synth/waves.h"

namespace phosphene {

namespace {

constexpr double kSlope = 4;  // of the argument of the logistic function, in pixels
// Boxes of half to all of the side, seen at the network's size.
constexpr Views kViews{.smallest = 1, .largest = 2, .shift = 0, .noise = 0.2};

Tensor natural_colours(int64_t channels) {
  if (channels == 1) return Tensor(Shape{1, 1, 1, 1}, std::vector<float>{1});
  std::vector<float> values;
  for (const auto& row : kNaturalColours)
    for (const double value : row) values.push_back(static_cast<float>(value));
  return Tensor(Shape{3, 3, 1, 1}, values);
}

// Pixel 1/2 is 0 before the logistic function; its value in a channel is the sum of the channel's column of the colours, halved.
double mean_of(int64_t channels, int64_t c) {
  if (channels == 1) return kMeasuredChannels[0].mean - 0.5;
  double grey = 0;
  for (const auto& row : kNaturalColours) grey += 0.5 * row[c];
  return kMeasuredChannels[1 + c].mean - grey;
}

// Both [c, waves, 2 height]: factors on (cos | sin) of the phases, and the waves that stand still.
struct Magnitudes {
  Tensor moving, still;
};

Magnitudes magnitudes(int64_t channels, const PictureSides& sides) {
  const int64_t h = sides.height, w = sides.width, waves = w / 2 + 1;
  Magnitudes all{Tensor::zeros({channels, waves, 2 * h}), Tensor::zeros({channels, waves, 2 * h})};
  const double scale = kSlope / static_cast<double>(h * w);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t v = 0; v < waves; ++v)
      for (int64_t u = 0; u < h; ++u) {
        const auto real = static_cast<size_t>((c * waves + v) * 2 * h + u), imaginary = real + static_cast<size_t>(h);
        if (u == 0 && v == 0) {
          all.still.floats()[real] = static_cast<float>(kSlope * mean_of(channels, c));
          continue;
        }
        const Wave wave{2 * u <= h ? u : u - h, v};
        const double magnitude = scale * natural_magnitude(kMeasuredChannels[channels == 1 ? 0 : 1 + c], wave, sides);
        const bool own_down = u == 0 || 2 * u == h, own_across = v == 0 || 2 * v == w;
        if (own_down && own_across)
          all.still.floats()[real] = static_cast<float>(magnitude);
        else if (!own_across || 2 * u < h)
          all.moving.floats()[real] = all.moving.floats()[imaginary] = static_cast<float>((own_across ? 2 : 1) * magnitude);
      }
  return all;
}

}  // namespace

Prior maco_prior(const PictureSpace& input) {
  const int64_t channels = input.preprocess.channels(), h = input.height, w = input.width, waves = w / 2 + 1;
  Prior prior = begin_waves("maco", input, channels * waves * h);
  Graph& g = prior.graph;
  const Magnitudes all = magnitudes(channels, {h, w});
  g.add_weight("moving", all.moving);
  g.add_weight("still", all.still);
  g.add_weight("half_turn", Tensor(Shape{1}, std::vector<float>{std::numbers::pi_v<float>}));
  g.add_weight("as_waves", Tensor::ints({0, channels, waves, h}));
  g.nodes = {{"waves", "Reshape", {"code", "as_waves"}, {"waves"}, {}},
             {"turn_by", "Mul", {"waves", "half_turn"}, {"phases"}, {}},
             {"real", "Cos", {"phases"}, {"cosines"}, {}},
             {"imaginary", "Sin", {"phases"}, {"sines"}, {}},
             {"join", "Concat", {"cosines", "sines"}, {"units"}, {{"axis", int64_t{3}}}},
             {"amplify", "Mul", {"units", "moving"}, {"moving_waves"}, {}},
             {"hold", "Add", {"moving_waves", "still"}, {"amplified"}, {}}};
  end_waves(prior, "amplified", natural_colours(channels));
  prior.usual = {.rule = "adam", .lr0 = 0.1, .decay = 1, .patience = 0, .views = kViews};
  return prior;
}

extern const PriorKind kMacoPrior = {"maco", "their phases alone, with the magnitudes of photographs",
                                     [](const Model& network, const PriorOptions&) { return maco_prior(input_space(network)); }};

}  // namespace phosphene

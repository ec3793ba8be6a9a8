// The losses of drawn pictures against real ones: pixels, features of a finished network, and a discriminator of patches that learns beside
// (Dosovitskiy, Brox, NIPS 2016, arXiv 1602.02644; Isola et al., CVPR 2017, arXiv 1611.07004).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/train/coder_networks.h"
#include "phosphene/train/parameters.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

// For pictures x and what is drawn for them, y, features C_k of a finished network, and a discriminator S of patches:
//
//   L   = pixel |y - x| + feature sum_k |C_k(y) - C_k(x)|^2 / |C_k(x)|^2 - adversarial mean S(y)
//   L_S = mean max(0, 1 - S(x)) + mean max(0, 1 + S(y))
//
// S learns in every second step, from half of `adversarial_from` on.
struct PictureLossRecipe {
  PatchDiscriminatorShape discriminator;
  std::vector<std::string> feature_layers;  // of the comparator
  float pixel = 2, feature = 1, adversarial = 0.1f;
  double adversarial_from = 0.1;  // share of the steps after which the adversarial loss counts
  float discriminator_rate = 2e-4f;
  float gradient_limit = 1;  // of all weights of one network together

  void write_to(Json& recipe) const;
};
// Names of PictureLossRecipe's fields that may change while a training goes on.
inline constexpr const char* kTunableLosses[] = {"pixel", "feature", "adversarial", "adversarial_from", "discriminator_rate"};

// The comparator's graph behind pictures of these values and this size, whose outputs are the layers. Error for a layer that is no map
// [n, c, h, w].
Graph comparator_behind(const Model& network, std::vector<std::string> layers, const Preprocess& pictures);

// The losses of one training. Its columns in a training's curve:
inline const std::vector<std::string> kPictureLosses = {"pixel", "feature", "adversarial", "discriminator"};

class PictureLosses {
 public:
  // `judge`: the discriminator's weights. All are borrowed but the graphs.
  PictureLosses(const PictureLossRecipe& recipe, const Schedule& schedule, Graph comparator, const Graph& discriminator, Parameters& judge,
                const RunOptions& run);

  // The program of a network `artist` that draws the value `drawn`, with the comparator behind it; it gives these `values` too, and the
  // gradients of the weights that are trained.
  std::unique_ptr<Program> compile(const Graph& artist, const std::string& drawn, const Parameters& weights,
                                   std::vector<std::string> values = {}) const;
  // One step of Adam, after forward() of that program: from its seeds, which are those of L, backward; `weights` of the artist move, then
  // the discriminator. `pictures`: [n, c, h, w]. Gives the columns above; where one is not finite, nothing moves.
  std::vector<double> learn(Program& artist, const std::string& drawn, std::span<const float> pictures, Parameters& weights, float beta1,
                            float beta2, int64_t step);
  void bring_back() { judge_weights_.bring_back(*judge_); }

 private:
  std::vector<double> seed(Program& artist, const std::string& drawn, std::span<const float> pictures, int64_t step);
  void move_judge(int64_t step, float rate);
  double add_adversarial(Program& artist, const std::string& drawn, std::span<float> seed);
  double judge(Program& artist, const std::string& drawn);

  const PictureLossRecipe& recipe_;
  const Schedule& schedule_;
  const RunOptions& run_;
  Graph comparator_;
  std::vector<std::string> layers_;
  Parameters& judge_weights_;
  std::unique_ptr<Program> wanted_, critic_, judge_;
  bool judges_ = false;
  double last_discriminator_ = 0;
};

}  // namespace phosphene

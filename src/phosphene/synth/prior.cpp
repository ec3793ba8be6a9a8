#include "phosphene/synth/prior.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/synth/rule.h"

namespace phosphene {

PHOSPHENE_TABLE(all_prior_kinds, PriorKind,
                kBuiltinPrior,  // priors/generator.cpp
                kPixelPrior,    // priors/pixel.cpp
                kFourierPrior,  // priors/fourier.cpp
                kMacoPrior)     // priors/maco.cpp

namespace {

constexpr double kSigmasPerStep = 2.1;  // 8 over the mean sigma of CaffeNet's fc6
constexpr double kPublishedLr0 = 8;

}  // namespace

Prior load_prior(const std::string& name, const Model& network, const PriorOptions& options) {
  for (const PriorKind& kind : all_prior_kinds())
    if (name == kind.name) {
      if (!kind.generator && (!options.fixed.empty() || !options.searched.empty() || !options.preprocess.empty()))
        throw Error(fmt::format("prior {} is no generator", name), "leave --prior-input, --prior-fix and --prior-preprocess out");
      return kind.make(network, options);
    }
  return load_generator(name, network, options);
}

Shape code_shape(const Prior& prior) {
  const GraphInput* input = prior.graph.find_input(prior.code);
  PHOSPHENE_CHECK(input);
  const std::vector<int64_t>& dims = input->type.shape.dims();
  return Shape(std::vector<int64_t>(dims.begin() + 1, dims.end()));
}

double default_lr0(const Prior& prior, const std::string& rule) {
  if (prior.usual.lr0 && parse_rule(rule).rule == parse_rule(prior.usual.rule).rule) return *prior.usual.lr0;
  return prior.code_sigma > 0 ? kSigmasPerStep * prior.code_sigma : kPublishedLr0;
}

}  // namespace phosphene

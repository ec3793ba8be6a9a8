// One pass of prior and network over all codes of the bank, [k, code], gives what every unit of the layers makes of each; a unit ranks the
// codes by what the search raises of it. Seed s takes the code of rank s mod k. With the argument "random" it takes any:
// Rng(seed, "bank", unit).
#include <algorithm>
#include <numeric>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/model/inputs.h"
#include "phosphene/synth/layer_chain.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

constexpr int64_t kBankBatch = 16;  // at most

std::span<const float> code_of(const Prior& prior, size_t row) {
  const auto size = static_cast<size_t>(prior.code_size);
  return std::span(prior.bank).subspan(row * size, size);
}

// [objective][code] what the search raises of the objective.
std::vector<std::vector<double>> scores_of(const StartRequest& request, const std::vector<Objective>& objectives) {
  const Prior& prior = request.prior;
  const std::vector<std::string> layers = layers_of(objectives);
  const int64_t batch = possible_batch(request.network.graph, kBankBatch);
  LayerChain chain = chain_to_layers(request.network, prior,
                                     {.layers = layers, .batch = batch, .objective = &find_objective_kind(request.recipe.objective)});
  std::vector<std::string> raised;
  std::vector<Shape> shapes;
  for (const LayerChain::Layer& layer : chain.layers) {
    raised.push_back(layer.raised);
    shapes.push_back(chain.graph.type_of(layer.raised).shape);
  }
  for (const Objective& objective : objectives)
    for (const Term& term : objective.terms)
      verify_term(term, shapes[static_cast<size_t>(std::ranges::find(layers, term.layer) - layers.begin())]);
  const auto program =
      find_engine(request.recipe.engine).compile(chain.graph, {.batch = batch, .values = raised, .precision = request.recipe.precision});

  const size_t codes = prior.bank.size() / static_cast<size_t>(prior.code_size);
  std::vector<std::vector<double>> scores(objectives.size());
  for (size_t first = 0; first < codes; first += static_cast<size_t>(batch)) {
    const size_t here = std::min(static_cast<size_t>(batch), codes - first);
    const std::span<float> input = program->input(chain.code);
    std::ranges::fill(input, 0.0f);
    std::copy_n(code_of(prior, first).data(), here * static_cast<size_t>(prior.code_size), input.begin());
    program->forward();
    for (size_t lane = 0; lane < here; ++lane)
      for (size_t i = 0; i < objectives.size(); ++i) {
        double score = 0;
        for (const Term& term : objectives[i].terms) {
          const auto at = static_cast<size_t>(std::ranges::find(layers, term.layer) - layers.begin());
          const std::span<const float> all = program->value(raised[at]);
          const size_t size = all.size() / static_cast<size_t>(batch);
          score += term.weight * term_value(term, shapes[at], all.subspan(lane * size, size));
        }
        scores[i].push_back(score);
      }
  }
  return scores;
}

FillStart start_from_bank(const StartRequest& request) {
  const Prior& prior = request.prior;
  if (prior.bank.empty())
    throw Error(fmt::format("init bank > the prior {} has no stored codes", prior.name), "give --init normal, or a prior with a bank");
  const size_t codes = prior.bank.size() / static_cast<size_t>(prior.code_size), seeds = request.recipe.seeds.size();
  if (!request.argument.empty() && request.argument != "random")
    throw Error(fmt::format("init bank > \"{}\" is not known", request.argument), "write bank or bank:random");
  if (request.argument == "random")
    return [&prior, codes](const JobName& job, size_t, std::span<float> code) {
      Rng random(job.seed, "bank", static_cast<uint64_t>(job.objective.terms.front().unit));
      std::ranges::copy(code_of(prior, static_cast<size_t>(random.below(static_cast<int64_t>(codes)))), code.begin());
    };
  std::vector<std::vector<uint32_t>> orders;  // [objective]: rows of the bank, the best first
  for (const std::vector<double>& scores : scores_of(request, request.objectives)) {
    std::vector<uint32_t>& order = orders.emplace_back(codes);
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  }
  return [&prior, codes, seeds, orders = std::move(orders)](const JobName& job, size_t number, std::span<float> code) {
    std::ranges::copy(code_of(prior, orders[number / seeds][job.seed % codes]), code.begin());
  };
}

}  // namespace

extern const Start kBankStart = {.name = "bank",
                                 .argument = "random",
                                 .about = "codes stored with the prior: seed s takes the unit's s-th best, with random any",
                                 .prepare = start_from_bank};

}  // namespace phosphene

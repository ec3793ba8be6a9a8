#include "phosphene/evolve/optimiser.h"

#include <algorithm>

#include "phosphene/synth/parameters.h"

namespace phosphene {

PHOSPHENE_TABLE(all_optimisers, OptimiserKind,
                kCmaDiagonal,  // optimisers/cma_diagonal.cpp
                kCma,          // optimisers/cma.cpp
                kSphere,       // optimisers/sphere.cpp
                kGenetic)      // optimisers/genetic.cpp

OptimiserChoice parse_optimiser(const std::string& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const OptimiserKind& kind = find_named(all_optimisers(), "optimiser", text.substr(0, end));
  return located(fmt::format("optimiser {}", kind.name), [&] {
    return OptimiserChoice{&kind, parse_parameters(kind.parameters, text.substr(end))};
  });
}

std::string to_text(const OptimiserChoice& choice) {
  return choice.kind->name + parameters_text(choice.kind->parameters, choice.parameters);
}

std::unique_ptr<Optimiser> make_optimiser(const OptimiserChoice& choice, int64_t code_size, int64_t population) {
  return located(fmt::format("optimiser {}", choice.kind->name), [&] {
    if (population < kSmallestPopulation || population > kLargestPopulation)
      throw Error(fmt::format("the population is {}", population),
                  fmt::format("give a number from {} to {}", kSmallestPopulation, kLargestPopulation));
    if (const int64_t most = choice.kind->most_values; most > 0 && code_size > most)
      throw Error(fmt::format("its matrix has a row for each of at most {} values of a code, and this code has {}", most, code_size),
                  "give cma-diagonal or sphere, or a prior with a smaller code");
    return choice.kind->make({code_size, population, choice.parameters});
  });
}

}  // namespace phosphene

// Evolution: search without gradients, for what can be asked for scores alone: a neuron in a laboratory, a service, a program.
//
//     Evolution evolution(prior, {.optimiser = "cma-diagonal", .population = 40});
//     while (evolution.generation() < 75) {
//       const std::vector<float> codes = evolution.ask();
//       evolution.tell(scores_of(prior.draw(session, codes)));
//     }
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/prior.h>

namespace phosphene::api {

struct EvolutionOptions {
  std::string optimiser = "cma-diagonal";  // one of Evolution::optimisers(), and parameters: "cma sigma=0.5"
  int64_t population = 40;                 // codes of a generation, 4 to 10,000
  uint64_t seed = 0;
  std::vector<float> start;  // codes [k, code_size] of the first generation; empty: those stored with the prior, else random ones
};

// One population of codes of a prior. docs/evolve.md names the papers of the optimisers. One thread uses it at a time.
class PHOSPHENE_EXPORT Evolution {
 public:
  // phosphene::Error for an optimiser that there is not or that does not take the prior's code, a population out of range, and start codes
  // of another size.
  Evolution(const Prior& prior, const EvolutionOptions& options = {});
  ~Evolution();
  Evolution(Evolution&&) noexcept;
  Evolution& operator=(Evolution&&) noexcept;

  int64_t population() const;
  int64_t generation() const;  // generations told so far
  // Codes [population, code_size], within the prior's bounds; the same until tell().
  std::vector<float> ask() const;
  // A score for each code of ask(); higher is better. phosphene::Error for another number of scores, and for one that is not finite.
  void tell(std::span<const double> scores);

  // The code with the highest score so far, and that score, which may owe much to noise. phosphene::Error before the first tell().
  std::pair<std::vector<float>, double> best() const;
  // The code that the optimiser takes to be best. Noise of single scores has little part in it.
  std::vector<float> centre() const;

  // Saves the evolution, whole or not at all, and goes on from there: the same codes. load() gives false where there is no file.
  // phosphene::Error where the file is damaged or of another prior, optimiser, population or seed.
  void save(const std::filesystem::path& file) const;
  bool load(const std::filesystem::path& file);

  // Names, and what each is, in a few words with its parameters.
  static std::vector<std::pair<std::string, std::string>> optimisers();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api

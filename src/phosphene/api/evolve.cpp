#include "phosphene/evolve.h"

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/evolve/evolution.h"
#include "phosphene/evolve/saved.h"

namespace phosphene::api {

struct Evolution::Body {
  phosphene::Evolution evolution;
  Json request;
};

Evolution::Evolution(const Prior& prior, const EvolutionOptions& options) {
  const std::shared_ptr<const phosphene::Prior> own = prior.body().prior;
  phosphene::Evolution evolution(own, {options.optimiser, options.population, options.seed, options.start});
  Json request{{"prior", own->name},
               {"sha256", own->hash},
               {"optimiser", to_text(evolution.optimiser())},
               {"population", options.population},
               {"seed", options.seed}};
  body_.reset(new Body{std::move(evolution), std::move(request)});
}
Evolution::~Evolution() = default;
Evolution::Evolution(Evolution&&) noexcept = default;
Evolution& Evolution::operator=(Evolution&&) noexcept = default;

int64_t Evolution::population() const { return body_->evolution.population(); }
int64_t Evolution::generation() const { return body_->evolution.generation(); }
std::vector<float> Evolution::ask() const { return body_->evolution.ask(); }
void Evolution::tell(std::span<const double> scores) { body_->evolution.tell(scores); }

std::pair<std::vector<float>, double> Evolution::best() const {
  const BestCode& best = body_->evolution.best();
  if (best.code.empty()) throw Error("nothing was told yet", "call ask() and tell() first").at("evolution");
  return {best.code, best.score};
}
std::vector<float> Evolution::centre() const { return body_->evolution.centre(); }

void Evolution::save(const std::filesystem::path& file) const { save_evolutions(file, body_->request, {body_->evolution.save()}); }

bool Evolution::load(const std::filesystem::path& file) {
  const auto saved = saved_evolutions(file, body_->request);
  if (!saved) return false;
  located(file.string(), [&] {
    if (saved->size() != 1) throw Error(fmt::format("holds {} evolutions", saved->size()), "give a file that save() wrote");
    body_->evolution.load(saved->front());
  });
  return true;
}

std::vector<std::pair<std::string, std::string>> Evolution::optimisers() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const OptimiserKind& kind : all_optimisers()) {
    std::string about = kind.about;
    for (const RuleParameter& parameter : kind.parameters)
      about += fmt::format("; {}={} ({})", parameter.name, parameter.usual, parameter.about);
    all.emplace_back(kind.name, about);
  }
  return all;
}

}  // namespace phosphene::api

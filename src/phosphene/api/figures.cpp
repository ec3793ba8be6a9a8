#include "phosphene/figures.h"

#include <set>

#include "phosphene/api/bodies.h"
#include "phosphene/atlas/photo_activations.h"
#include "phosphene/atlas/verdict.h"
#include "phosphene/base/error.h"
#include "phosphene/judge/pictures.h"
#include "phosphene/judge/real_activations.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/train/dataset.h"

namespace phosphene::api {

namespace {

PictureRecord record_of(const Outcome& outcome) {
  PictureRecord record;
  record.job = outcome.number;
  record.name = outcome.job.name;
  record.seed = outcome.job.seed;
  for (const UnitOutcome& unit : outcome.units) {
    TermResult result;
    result.term.layer = unit.layer;
    result.term.unit = unit.unit;
    result.term.weight = unit.weight;
    result.activation = unit.activation;
    result.rank = unit.rank;
    result.probability = unit.probability;
    record.terms.push_back(std::move(result));
  }
  record.activations = outcome.activations;
  return record;
}

}  // namespace

Figures measure(Session& session, const Plan& plan, std::span<const Outcome> outcomes, const FigureOptions& options) {
  const phosphene::Request& request = plan.body().plan.request();
  const phosphene::Session::Scope scope(session.body().session, request.recipe.threads);
  const phosphene::Model& network = *request.network;
  const std::string layer = options.layer.empty() ? request.layer() : find_layer(network, options.layer);
  std::vector<PictureRecord> records;
  for (const Outcome& outcome : outcomes)
    if (outcome.error.empty()) records.push_back(record_of(outcome));
  std::optional<RealActivations> real;
  if (!options.data.empty()) {
    const Dataset data = open_dataset(options.data, {.split = "val", .size = network.preprocess.height});
    real = real_activations(network, layer, data, request.recipe.engine);
  }
  const PictureMeasures of = measure_pictures(records, layer, real ? &*real : nullptr);
  return {of.pictures, of.first, of.activation, of.probability, of.above_best, of.percentile, of.margin};
}

std::vector<Verdict> verdicts(Session& session, const Plan& plan, std::span<const Outcome> outcomes, const std::filesystem::path& data) {
  const phosphene::Request& request = plan.body().plan.request();
  const phosphene::Session::Scope scope(session.body().session, request.recipe.threads);
  const phosphene::Model& network = *request.network;
  std::set<std::string> layers;
  for (const Outcome& outcome : outcomes)
    if (outcome.units.size() == 1) layers.insert(outcome.units.front().layer);
  const auto real_of = photo_activations(network, layers, data, request.recipe.engine);
  std::vector<Verdict> verdicts;
  for (const Outcome& outcome : outcomes) {
    if (outcome.units.size() != 1) {
      const char* reason = outcome.units.empty() ? "The job failed." : "Real pictures measure single units, not sums.";
      verdicts.push_back({"unmeasured", "grey", {reason}, {}, {}});
      continue;
    }
    const UnitOutcome& unit = outcome.units.front();
    const UnitActivations& real = real_of.at(unit.layer).at(static_cast<size_t>(unit.unit));
    PictureFigures figures{.output = unit.layer == network.meaning().scores, .rank = unit.rank};
    figures.percentile = real.percentile(unit.activation);
    if (const double deviation = real.deviation(); deviation > 0)
      figures.margin = (unit.activation - static_cast<double>(real.best())) / deviation;
    AtlasVerdict verdict = verdict_of(figures);
    verdicts.push_back(
        {std::move(verdict.word), std::move(verdict.colour), std::move(verdict.reasons), figures.percentile, figures.margin});
  }
  return verdicts;
}

}  // namespace phosphene::api

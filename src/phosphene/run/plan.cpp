#include "phosphene/run/plan.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/lanes.h"

namespace phosphene {

namespace {

// What does not decide a job's bits: which jobs there are beside it, and what things are called.
constexpr const char* kNotOfAJob[] = {"network", "prior", "layer", "direction", "units", "seeds", "labels", "fix", "init"};

std::vector<Plan::Group> groups_of(const JobList& jobs) {
  std::vector<Plan::Group> groups;
  const size_t seeds = jobs.objectives().empty() ? 0 : jobs.size() / jobs.objectives().size();
  for (size_t i = 0; i < jobs.objectives().size(); ++i) {
    const std::vector<std::string> layers = jobs.objectives()[i].layers();
    auto group = std::ranges::find_if(groups, [&](const Plan::Group& known) { return known.layers == layers; });
    if (group == groups.end()) group = groups.insert(groups.end(), Plan::Group{layers, {}});
    for (size_t s = 0; s < seeds; ++s) group->jobs.push_back(static_cast<uint32_t>(i * seeds + s));
  }
  return groups;
}

}  // namespace

Plan::Plan(Request request, JobList jobs) : request_(std::move(request)), jobs_(std::move(jobs)), groups_(groups_of(jobs_)) {
  const Model& network = *request_.network;
  for (const Group& group : groups_)
    for (const std::string& layer : group.layers) {
      const auto& outputs = network.graph.outputs;
      const bool last = layer == network.logits() || std::ranges::find(outputs, layer) != outputs.end();
      if (last && static_cast<int64_t>(network.labels.size()) == unit_count(network, layer)) layers_of_classes_.push_back(layer);
    }
  Json common = request_.to_json();
  for (const char* field : kNotOfAJob) common["recipe"].erase(field);
  if (request_.files.empty() || !request_.files.contains("init")) common["recipe"]["init"] = *request_.recipe.init;
  common.erase("save_codes");
  common_ = common.dump();
}

std::string Plan::key(size_t job) const {
  const JobName named = name(job);
  std::string text = fmt::format("{} seed {}", common_, named.seed);
  for (const Term& term : named.objective.terms)
    text += fmt::format(" {} {} {} {}", term.layer, term.unit, term.weight, term.at.to_string());
  return sha256(text).substr(0, 32);
}

std::string Plan::label(const Objective& objective) const {
  std::string label;
  const bool several = groups_.size() > 1 || groups_.front().layers.size() > 1;
  for (const Term& term : objective.terms) {
    if (!label.empty()) label += " + ";
    if (term.weight != 1) label += fmt::format("{:g} ", term.weight);
    if (std::ranges::find(layers_of_classes_, term.layer) != layers_of_classes_.end())
      label += request_.network->labels.at(static_cast<size_t>(term.unit));
    else
      label += fmt::format("{}unit {}", several ? term.layer + " " : "", term.unit);
  }
  return label;
}

Plan plan(Session& session, Request request) {
  const Session::Scope scope(session, request.recipe.threads);
  const Model& network = *request.network;
  const Prior& prior = *request.prior;
  JobList jobs(request.objectives, prior, request.recipe, network);
  for (const Plan::Group& group : groups_of(jobs)) {
    const CompiledSearch checked(network, prior, shape_of(group.layers, resolve(request.recipe, prior, 1), jobs.settings()));
    for (const uint32_t job : group.jobs) checked.verify(jobs.name(job).objective, jobs.settings());
  }
  if (request.recipe.batch == 0) request.recipe.batch = choose_lanes(network, prior, request.recipe, jobs);
  return {std::move(request), std::move(jobs)};
}

}  // namespace phosphene

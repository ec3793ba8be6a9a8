#include "phosphene/run/run.h"

#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/run/sink_kinds.h"

namespace phosphene::api {

namespace {

Outcome outcome_of(const Plan& plan, phosphene::Outcome&& from) {
  Outcome outcome;
  if (const auto* failure = std::get_if<JobFailure>(&from)) {
    outcome.number = failure->job;
    outcome.error = failure->error.what();
  } else {
    PictureRecord& record = std::get<PictureRecord>(from);
    outcome.number = record.job;
    outcome.picture = picture_of(std::move(record.picture));
    for (const TermResult& unit : record.terms)
      outcome.units.push_back({unit.term.layer, unit.term.unit, unit.term.weight, unit.activation, unit.rank, unit.probability});
    outcome.activations = std::move(record.activations);
    outcome.code = std::move(record.code);
  }
  outcome.job = plan.job(outcome.number);
  return outcome;
}

class CallerSink : public Sink {
 public:
  CallerSink(const Plan& plan, const std::function<void(Outcome&&)>& sink, const RunOptions& options)
      : plan_(plan), sink_(sink), options_(options) {}
  bool has(size_t job) const override { return options_.has && options_.has(job); }
  void add(phosphene::Outcome&& outcome) override { sink_(outcome_of(plan_, std::move(outcome))); }

 private:
  const Plan& plan_;
  const std::function<void(Outcome&&)>& sink_;
  const RunOptions& options_;
};

Plan plan_of(phosphene::Session& session, phosphene::Request request) {
  return Plan(std::make_shared<Plan::Body>(phosphene::plan(session, std::move(request))));
}

RunReport run_with(Session& session, const Plan& plan, Sink& sink, const RunOptions& options) {
  RunEvents events;
  if (options.on_progress)
    events.on_progress = [&](const phosphene::RunProgress& progress) {
      options.on_progress({progress.steps, progress.all_steps, progress.pictures, progress.jobs});
    };
  const phosphene::RunReport report = phosphene::run(session.body().session, plan.body().plan, sink, events, options.stop);
  if (report.unfinished) throw *report.unfinished;
  return {report.drawn, report.failures.size(), report.stopped};
}

}  // namespace

Plan::Plan(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
size_t Plan::size() const { return body_->plan.size(); }
Job Plan::job(size_t number) const {
  const JobName named = body_->plan.name(number);
  return {body_->plan.key(number), named.objective.name, body_->plan.label(named.objective), named.seed};
}
int64_t Plan::steps() const { return body_->plan.steps(); }
std::string Plan::to_json() const { return body_->plan.request().to_json().dump(); }

Plan plan(Session& session, const Request& request) {
  phosphene::Session& own = session.body().session;
  return plan_of(own, phosphene::Request::from(own, request.body().recipe));
}

Plan plan_into(Session& session, const Request& request, const std::filesystem::path& out) {
  phosphene::Session& own = session.body().session;
  return plan_of(own, continued(phosphene::Request::from(own, request.body().recipe), out));
}

Plan plan_again(Session& session, const std::string& json) {
  return located("replay", [&] {
    const Json recorded = Json::parse(json, nullptr, false);
    if (!recorded.is_object() || !recorded.contains("recipe"))
      throw Error("this does not say how pictures were drawn", "give what Plan::to_json() gave, or a results.json");
    phosphene::Session& own = session.body().session;
    phosphene::Request request = phosphene::Request::from(own, Recipe::from_json(recorded["recipe"]));
    request.save_codes = recorded.value("save_codes", false);
    if (const std::string other = difference(recorded, request.to_json()); !other.empty())
      throw Error(fmt::format("what is here now is not what was drawn with: {}", other), "bring back the files that it names");
    return plan_of(own, std::move(request));
  });
}

const UnitOutcome& Outcome::main() const { return *std::ranges::max_element(units, {}, &UnitOutcome::weight); }

RunReport run(Session& session, const Plan& plan, const std::function<void(Outcome&&)>& sink, const RunOptions& options) {
  CallerSink own(plan, sink, options);
  return run_with(session, plan, own, options);
}

RunReport run_into(Session& session, const Plan& plan, const std::filesystem::path& out, const RunOptions& options) {
  return run_with(session, plan, *sink_kind_of(out).open(out, plan.body().plan, {}), options);
}

std::vector<Outcome> draw(Session& session, const Request& request) {
  std::vector<Outcome> outcomes;
  run(session, plan(session, request), [&](Outcome&& outcome) { outcomes.push_back(std::move(outcome)); });
  std::ranges::sort(outcomes, {}, &Outcome::number);
  return outcomes;
}

}  // namespace phosphene::api

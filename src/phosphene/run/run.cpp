// The search runs on the caller's thread; a second one turns results into records and keeps them. Those of lanes that end in the same step
// wait for each other there; before those of a later step begin to wait, all of them are kept.
#include "phosphene/run/run.h"

#include <cmath>

#include "phosphene/base/worker.h"

namespace phosphene {

namespace {

// A grey picture: all that a grey network saw.
Image in_grey(const Image& image) {
  if (image.channels == 1) return image;
  Image grey = Image::blank(image.height, image.width, 1);
  for (size_t i = 0; i < grey.pixels.size(); ++i) {
    const uint8_t* rgb = image.pixels.data() + 3 * i;
    grey.pixels[i] = static_cast<uint8_t>(std::lround(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]));  // as the bridge weighs them
  }
  return grey;
}

Image picture_of(const Plan& plan, std::span<const float> image, const PixelRect& shown) {
  const PictureSpace& space = plan.request().prior->picture;
  const Image all = crop(space.preprocess.to_image(image, space.height, space.width), shown.y, shown.x, shown.height, shown.width);
  return plan.request().network->preprocess.order == ColourOrder::kGrey ? in_grey(all) : all;
}

PictureRecord record_of(const Plan& plan, size_t job, JobResult result) {
  PictureRecord record;
  record.job = job;
  record.key = plan.key(job);
  record.name = result.objective.name;
  record.label = plan.label(result.objective);
  record.seed = result.seed;
  record.terms = std::move(result.terms);
  record.activations = std::move(result.activations);
  record.stopped = result.stopped;
  record.shown = result.shown;
  record.picture = picture_of(plan, result.image, result.shown);
  record.code = std::move(result.code);
  record.codes = std::move(result.codes);
  return record;
}

JobFailure failure_of(const Plan& plan, size_t job, const Error& error) {
  const JobName named = plan.name(job);
  return {job, named.objective.name, named.seed, error};
}

// Keeps outcomes beside the search.
class Keeper {
 public:
  Keeper(const Plan& plan, Sink& sink, RunReport& report)
      : plan_(plan), sink_(sink), report_(report), worker_(static_cast<size_t>(plan.request().recipe.batch)) {}

  ~Keeper() {
    try {
      worker_.finish();  // also when an error ends the search
    } catch (...) {
    }
  }

  void begin_step() { of_this_step_ = 0; }

  void picture(size_t job, JobResult&& result) {
    if (of_this_step_++ == 0) worker_.finish();
    worker_.add([this, job, result = std::make_shared<JobResult>(std::move(result))] {
      try {
        sink_.add(record_of(plan_, job, std::move(*result)));
        ++report_.drawn;
      } catch (const Error& error) {
        const JobName named = plan_.name(job);
        fail(failure_of(plan_, job, error.at(fmt::format("unit {}, seed {}", named.objective.name, named.seed))));
      }
    });
  }

  void failure(size_t job, const Error& error) {
    worker_.finish();
    fail(failure_of(plan_, job, error));
  }

  void finish() { worker_.finish(); }

 private:
  void fail(JobFailure failure) {
    report_.failures.push_back(failure);
    try {
      sink_.add(std::move(failure));
    } catch (const Error&) {  // the report has it
    }
  }

  const Plan& plan_;
  Sink& sink_;
  RunReport& report_;
  Worker worker_;
  size_t of_this_step_ = 0;
};

}  // namespace

RunReport run(Session& session, const Plan& plan, Sink& sink, const RunEvents& events, const std::stop_token& stop) {
  const Request& request = plan.request();
  const Session::Scope scope(session, request.recipe.threads);
  RunReport report{.jobs = plan.size()};
  RunProgress progress{.jobs = plan.size()};
  std::vector<std::vector<uint32_t>> missing;
  for (const Plan::Group& group : plan.groups()) {
    std::vector<uint32_t>& jobs = missing.emplace_back();
    for (const uint32_t job : group.jobs)
      if (!sink.has(job)) jobs.push_back(job);
    progress.all_steps += static_cast<int64_t>(jobs.size()) * plan.steps();
    report.known += group.jobs.size() - jobs.size();
  }
  progress.pictures = report.known;

  Keeper keeper(plan, sink, report);
  for (size_t i = 0; i < missing.size() && !stop.stop_requested(); ++i) {
    if (missing[i].empty()) continue;
    const auto search = session.compiled(request.network, request.prior, plan.shape(plan.groups()[i]));
    SearchEvents of_search;
    of_search.keep_codes = request.save_codes;
    if (events.on_look)
      of_search.on_look = [&](const JobLook& look) {
        events.on_look({look.number, look.step, look.activation, [&] {
                          const JobLook::Picture picture = look.picture();
                          return picture_of(plan, picture.image, picture.shown);
                        }});
      };
    of_search.on_result = [&](size_t job, JobResult&& result) {
      keeper.picture(job, std::move(result));
      ++progress.pictures;
    };
    of_search.on_error = [&](size_t job, const Job&, const Error& error) { keeper.failure(job, error); };
    of_search.on_step = [&](int64_t steps) {
      keeper.begin_step();
      progress.steps += steps;
      if (events.on_progress) events.on_progress(progress);
    };
    const auto next = [&, at = size_t{0}]() mutable -> std::optional<Job> {
      if (at == missing[i].size()) return std::nullopt;
      return plan.make(missing[i][at++]);
    };
    const LaneUse use = search->run(next, of_search, stop);
    report.use.steps += use.steps;
    report.use.busy += use.busy;
  }
  keeper.finish();
  report.stopped = stop.stop_requested() && report.known + report.drawn + report.failures.size() < report.jobs;
  if (report.stopped) return report;
  try {
    sink.finish();
  } catch (const Error& error) {
    report.unfinished = error;
  }
  return report;
}

}  // namespace phosphene

// The library runs on a thread of its own; outcomes wait in a queue for whoever asks for the next one. So Python's thread is free to notice
// Ctrl-C, and its own OpenMP settings stay as they are.
#include <condition_variable>
#include <deque>
#include <thread>

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "binding.h"

namespace phosphene::python {

namespace {

class Run {
 public:
  // Into `folder` where one is given; then there are no outcomes.
  Run(Session& session, const api::Plan& plan, const std::optional<std::filesystem::path>& folder) : plan_(plan) {
    thread_ = std::jthread([this, &session, folder](const std::stop_token& stop) { work(session, folder, stop); });
  }

  // The next outcome, or after `seconds` or the end of the run none.
  std::optional<api::Outcome> next(double seconds) {
    nb::gil_scoped_release released;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return done_ || !outcomes_.empty(); });
    if (outcomes_.empty()) return std::nullopt;
    api::Outcome outcome = std::move(outcomes_.front());
    outcomes_.pop_front();
    return outcome;
  }

  // No outcome will come. Throws the error that ended the run.
  bool finished() {
    const std::lock_guard lock(mutex_);
    if (!done_ || !outcomes_.empty()) return false;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

  // Ends the run; returns when it has ended.
  void stop() {
    nb::gil_scoped_release released;
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  api::RunProgress progress() {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  api::RunReport report() {
    const std::lock_guard lock(mutex_);
    return report_;
  }

 private:
  void work(Session& session, const std::optional<std::filesystem::path>& folder, const std::stop_token& stop) {
    api::RunReport report{.stopped = true};
    std::exception_ptr failure;
    try {
      if (const auto lock = take(session, stop)) {
        api::RunOptions options;
        options.stop = stop;
        options.on_progress = [&](const api::RunProgress& progress) {
          const std::lock_guard guard(mutex_);
          progress_ = progress;
        };
        report = folder ? api::run_into(session.session, plan_, *folder, options)
                        : api::run(
                              session.session, plan_, [&](api::Outcome&& outcome) { add(std::move(outcome)); }, options);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard guard(mutex_);
    report_ = report;
    failure_ = failure;
    done_ = true;
    changed_.notify_all();
  }

  void add(api::Outcome&& outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    changed_.notify_all();
  }

  const api::Plan plan_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<api::Outcome> outcomes_;
  api::RunProgress progress_;
  api::RunReport report_;
  std::exception_ptr failure_;
  bool done_ = false;
  std::jthread thread_;  // ends before what it uses
};

}  // namespace

std::unique_lock<std::timed_mutex> take(Session& session, const std::stop_token& stop) {
  std::unique_lock lock(session.busy, std::defer_lock);
  while (!stop.stop_requested() && !lock.try_lock_for(std::chrono::milliseconds(50))) {
  }
  return lock;
}

void bind_run(nb::module_& module) {
  nb::class_<api::RunProgress>(module, "RunProgress", "How far a run is.")
      .def_ro("steps", &api::RunProgress::steps)
      .def_ro("all_steps", &api::RunProgress::all_steps, "Of the jobs that this run draws.")
      .def_ro("pictures", &api::RunProgress::pictures, "That are there now.")
      .def_ro("jobs", &api::RunProgress::jobs, "In the plan.");
  nb::class_<api::RunReport>(module, "RunReport", "What a run did.")
      .def_ro("drawn", &api::RunReport::drawn)
      .def_ro("failed", &api::RunReport::failed)
      .def_ro("stopped", &api::RunReport::stopped, "Before all jobs were tried.")
      .def("__repr__", [](const api::RunReport& report) {
        return std::to_string(report.drawn) + " drawn, " + std::to_string(report.failed) + " failed" + (report.stopped ? ", stopped" : "");
      });
  nb::class_<Run>(module, "Run", "A run on a thread of its own.")
      .def(
          "__init__",
          [](Run* self, Session& session, const api::Plan& plan, const std::optional<std::filesystem::path>& folder) {
            new (self) Run(session, plan, folder);
          },
          nb::arg("session"), nb::arg("plan"), nb::arg("folder") = nb::none(), nb::keep_alive<1, 2>(),
          nb::sig("def __init__(self, session: Session, plan: Plan, folder: str | os.PathLike[str] | None = None) -> None"))
      .def("next", &Run::next, nb::arg("seconds"), "The next outcome; None: after that time, or at the end, there is none.")
      .def("finished", &Run::finished, "No outcome will come. Raises the error that ended the run.")
      .def("stop", &Run::stop, "Ends the run; returns when it has ended.")
      .def_prop_ro("progress", &Run::progress)
      .def_prop_ro("report", &Run::report);
}

}  // namespace phosphene::python

#include "phosphene/cli/draw.h"

#include <memory>

#include "phosphene/base/progress.h"

namespace phosphene {

RunEvents show_progress(const std::string& title) {
  return {[title, line = std::shared_ptr<Progress>()](const RunProgress& progress) mutable {
    if (!line) line = std::make_shared<Progress>(title, progress.all_steps);
    line->update(progress.steps, fmt::format("{} of {} pictures", progress.pictures, progress.jobs));
    if (progress.steps == progress.all_steps) line->finish(fmt::format("{} pictures", progress.pictures));
  }};
}

RunReport draw(Session& session, const Plan& plan, Sink& sink, const std::stop_token& stop) {
  RunReport report = run(session, plan, sink, show_progress("synth"), stop);
  if (report.known > 0) log_info(fmt::format("{} of {} pictures were there already", report.known, report.jobs));
  if (report.drawn > 0) log_info(fmt::format("{} drawn, lanes busy {:.0f} % of the time", report.drawn, 100 * report.use.share()));
  for (const JobFailure& failure : report.failures) log_error(failure.error.what());
  if (report.stopped)
    log_info(fmt::format("{} of {} pictures are kept; the same command goes on", report.known + report.drawn, report.jobs));
  if (report.unfinished) throw *report.unfinished;
  return report;
}

}  // namespace phosphene

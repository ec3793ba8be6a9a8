#include "phosphene/synth/jobs.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/synth/start.h"

namespace phosphene {

JobList::JobList(std::vector<Objective> objectives, const Prior& prior, const Recipe& recipe, const Model& network)
    : objectives_(std::move(objectives)),
      seeds_(recipe.seeds),
      settings_(std::make_shared<SearchSettings>(settings_of(recipe, prior))),
      code_size_(static_cast<size_t>(prior.code_size)) {
  const Recipe full = with_defaults(recipe, prior);
  const FoundStart found = find_start(*full.init);
  clipped_ = !found.start->given && !settings_->bounds.lower.empty();
  fill_ = found.start->prepare({prior, network, full, objectives_, found.argument});
  if (full.bounds == "prior" && !prior.bounds && !prior.hash.empty())
    log_warning(fmt::format("prior {} has no code bounds; the search is unbounded (--bounds FILE.npy gives them)", prior.name));
}

Job JobList::make(size_t number) const {
  const JobName named = name(number);
  Job job{named.objective, named.seed, std::vector<float>(code_size_), settings_, number};
  fill_(named, number, job.start);
  const CodeBounds& bounds = settings_->bounds;
  for (size_t i = 0; clipped_ && i < code_size_; ++i) job.start[i] = std::clamp(job.start[i], bounds.lower[i], bounds.upper[i]);
  return job;
}

}  // namespace phosphene

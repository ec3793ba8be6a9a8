#include "phosphene/synth/job_result.h"

#include <algorithm>

namespace phosphene {

const TermResult& JobResult::main() const {
  const Term& wanted = objective.main();
  return *std::ranges::find_if(terms, [&](const TermResult& result) { return result.term == wanted; });
}

}  // namespace phosphene

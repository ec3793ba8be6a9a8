// Sink: where outcomes go as soon as they exist.
#pragma once

#include <memory>
#include <vector>

#include "phosphene/run/outcome.h"

namespace phosphene {

// Called by one thread at a time, which need not be the one that searches.
class Sink {
 public:
  virtual ~Sink() = default;
  // True: the sink has the job's picture from an earlier run, so it is not drawn.
  virtual bool has(size_t) const { return false; }
  // Once this returns, the outcome survives whatever happens to the process. Error: this outcome is lost, but no other.
  virtual void add(Outcome&& outcome) = 0;
  // Called after the last outcome, unless the run was stopped.
  virtual void finish() {}
};

// Keeps all outcomes in memory.
class MemorySink : public Sink {
 public:
  void add(Outcome&& outcome) override;
  std::vector<PictureRecord> take_pictures();  // in the order of jobs
  const std::vector<JobFailure>& failures() const { return failures_; }

 private:
  std::vector<PictureRecord> pictures_;
  std::vector<JobFailure> failures_;
};

}  // namespace phosphene

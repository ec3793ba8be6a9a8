// Sink: where outcomes go as soon as they exist.
#pragma once

#include <memory>
#include <vector>

#include "phosphene/run/outcome.h"

namespace phosphene {

// One thread calls it at a time, which need not be the one that searches.
class Sink {
 public:
  virtual ~Sink() = default;
  // True: the job's picture is there already, from an earlier run; it is not drawn again.
  virtual bool has(size_t) const { return false; }
  // When it returns, the outcome is kept whatever happens to the process. Error: it is lost, and only it.
  virtual void add(Outcome&& outcome) = 0;
  // After the last outcome of a run that was not stopped.
  virtual void finish() {}
};

// Keeps all outcomes in memory, in the order in which they come.
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

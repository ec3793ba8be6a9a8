// Plan: the jobs of a request, each with a stable key. A job is made only when it is drawn.
#pragma once

#include <string>
#include <vector>

#include "phosphene/run/request.h"
#include "phosphene/synth/jobs.h"

namespace phosphene {

class Plan {
 public:
  // The jobs whose objectives have the same layers: one program draws them.
  struct Group {
    std::vector<std::string> layers;
    std::vector<uint32_t> jobs;
  };

  const Request& request() const { return request_; }  // with the batch chosen
  size_t size() const { return jobs_.size(); }
  JobName name(size_t job) const { return jobs_.name(job); }
  Job make(size_t job) const { return jobs_.make(job); }
  // 32 hex digits of the SHA-256 of everything that decides the job's bits: version, models, files, settings, batch, threads, units, seed.
  std::string key(size_t job) const;
  // The objective's readable name: "goldfish", or "unit 7".
  std::string label(const Objective& objective) const;
  const std::vector<Group>& groups() const { return groups_; }
  SearchShape shape(const Group& group) const { return shape_of(group.layers, request_.recipe, jobs_.settings()); }
  int64_t steps() const { return jobs_.settings().steps(); }

 private:
  friend Plan plan(Session& session, Request request);
  Plan(Request request, JobList jobs);

  Request request_;
  JobList jobs_;
  std::vector<Group> groups_;
  std::vector<std::string> layers_of_classes_;  // layers whose units are the network's labels
  std::string common_;                          // the part of the hashed text that all keys share
};

// Checks everything before anything is compiled: Error for a layer, unit, code, bound or start that does not fit. If the request leaves the
// batch open, chooses it, which may measure once which batch is fastest here (synth/lanes.h).
Plan plan(Session& session, Request request);

}  // namespace phosphene

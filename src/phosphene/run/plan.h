// Plan: the jobs of a request, each with a stable key, made one by one when they are drawn.
#pragma once

#include <string>
#include <vector>

#include "phosphene/run/request.h"
#include "phosphene/synth/jobs.h"

namespace phosphene {

class Plan {
 public:
  // Of objectives that all lie in the same layers: one program draws them.
  struct Group {
    std::vector<std::string> layers;
    std::vector<uint32_t> jobs;
  };

  const Request& request() const { return request_; }  // its batch is chosen
  size_t size() const { return jobs_.size(); }
  JobName name(size_t job) const { return jobs_.name(job); }
  Job make(size_t job) const { return jobs_.make(job); }
  // 32 hex digits of the SHA-256 of all that decides the job's bits: version, models, files, settings, batch, threads, units and seed.
  std::string key(size_t job) const;
  // "goldfish", or "unit 7": what the objective is called where people read.
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
  std::vector<std::string> layers_of_classes_;  // whose units are the network's labels
  std::string common_;                          // what all keys hash
};

// Checks everything before anything is compiled: Error for a layer, unit, code, bound or start that does not fit. Chooses the batch where
// the request leaves it open, which may measure once what costs the least here (synth/lanes.h).
Plan plan(Session& session, Request request);

}  // namespace phosphene

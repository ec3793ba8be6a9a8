// Atlas writer: an atlas that grows. Every call is one transaction: when it returns, what it wrote survives whatever happens to the
// process.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/atlas/database.h"
#include "phosphene/atlas/plan.h"
#include "phosphene/run/sink.h"

namespace phosphene {

// What an atlas says of itself, beside its plan: values of the table `meta`.
struct AtlasMeta {
  Json plan;                            // AtlasPlan::to_json() with "data" and "judge"
  Json data, judge;                     // null: none
  std::vector<std::string> classes;     // of the data; empty: none
  std::vector<int64_t> class_pictures;  // of each class
  std::vector<int64_t> class_units;     // of each class: the output unit of the same class, or -1
};

class AtlasWriter {
 public:
  // Makes the file with all that the plan knows, or continues the one that is there. A file whose plan has fewer layers, units or seeds, or
  // no real pictures or judge yet, grows: drawn pictures stay, figures are measured again. Error, before anything is written, when the file
  // is no atlas, or of another plan or part: the message names the first thing that differs.
  AtlasWriter(const std::filesystem::path& file, const AtlasPlan& plan, const AtlasMeta& meta, const AtlasPart& part);

  bool has_picture(int64_t job) const { return drawn_.contains(job); }
  int64_t count_pictures() const { return static_cast<int64_t>(drawn_.size()); }
  void add_picture(const AtlasPlan::Job& job, const PictureRecord& record, double seconds);
  void add_failure(const AtlasPlan::Job& job, const std::string& error);

  Database& database() { return database_; }

 private:
  void write_plan(const AtlasPlan& plan, const AtlasMeta& meta, const AtlasPart& part);
  void grow(const AtlasPlan& plan, const AtlasMeta& meta);

  Database database_;
  std::set<int64_t> drawn_;
};

// Puts what the unit's best picture says into its row of `unit`: the best colour, then the highest activation, then the lowest seed.
void show_best_picture(Database& database, int64_t layer, int64_t unit);
// Adds work and its time to `timing`.
void add_timing(Database& database, const std::string& what, int64_t count, double seconds);
// True: everything is drawn and measured.
bool is_complete(const Database& database);
double seconds_now();  // of a clock that only goes forward
void set_meta(Database& database, const std::string& key, const Json& value);

// The options; a batch or number of threads that they leave open is that of the atlas, where the file is one.
AtlasOptions continued(AtlasOptions options, const std::filesystem::path& file);

// The pictures of one pass and turn of a plan go into the atlas.
class AtlasSink : public Sink {
 public:
  // `jobs` has an entry for each job of the run's plan. All are borrowed.
  AtlasSink(AtlasWriter& writer, const std::vector<AtlasPlan::Job>& jobs, const AtlasPart& part);

  bool has(size_t job) const override;  // also true for the jobs of other parts
  void add(Outcome&& outcome) override;

 private:
  AtlasWriter& writer_;
  const std::vector<AtlasPlan::Job>& jobs_;
  AtlasPart part_;
  double last_;  // when the last outcome was kept, in seconds
};

}  // namespace phosphene

#include "phosphene/run/replay.h"

#include <algorithm>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/run/folder.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

// Compares instead of keeping.
class Comparer : public Sink {
 public:
  Comparer(const fs::path& results_json, const Plan& plan) : folder_(results_json.parent_path()) {
    const std::vector<PictureRecord> records = read_pictures(results_json);
    codes_ = read_npy(folder_ / "codes.npy");
    if (records.empty() || codes_.values.size() != records.size() * static_cast<size_t>(plan.request().prior->code_size))
      throw Error("does not hold a code a picture", "draw the folder again").at((folder_ / "codes.npy").string());
    std::map<std::string, size_t> rows;
    for (size_t i = 0; i < records.size(); ++i) rows[records[i].key] = i;
    for (size_t job = 0; job < plan.size(); ++job)
      if (const auto found = rows.find(plan.key(job)); found != rows.end()) expected_[job] = {records[found->second], found->second};
    report.pictures = records.size();
    if (rows.size() == records.size() && expected_.size() < records.size())
      throw Error(fmt::format("{} of its pictures are not of the request that it names", records.size() - expected_.size()),
                  "it was edited: draw the folder again")
          .at(results_json.string());
  }

  // What was not drawn then need not be drawn now.
  bool has(size_t job) const override { return !expected_.contains(job); }

  void add(Outcome&& outcome) override {
    if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
      report.differences.push_back(fmt::format("{}: {}", expected_.at(failure->job).record.file, failure->error.what()));
      return;
    }
    const auto& now = std::get<PictureRecord>(outcome);
    const Expected& then = expected_.at(now.job);
    const std::string what = difference_of(then, now);
    if (what.empty())
      ++report.same;
    else
      report.differences.push_back(fmt::format("{}: {}", then.record.file, what));
  }

  ReplayReport report;

 private:
  struct Expected {
    PictureRecord record;
    size_t row = 0;
  };

  std::string difference_of(const Expected& then, const PictureRecord& now) const {
    if (now.activations != then.record.activations) {
      const auto [a, b] = std::ranges::mismatch(now.activations, then.record.activations);
      return fmt::format("the activation differs from step {} on", a - now.activations.begin());
    }
    const size_t size = now.code.size();
    if (!std::equal(now.code.begin(), now.code.end(), codes_.values.begin() + static_cast<std::ptrdiff_t>(then.row * size)))
      return "the code differs";
    if (read_image(folder_ / then.record.file, now.picture.channels).pixels != now.picture.pixels) return "the picture differs";
    if (now.main().rank != then.record.main().rank || now.main().probability != then.record.main().probability)
      return "rank or probability differs";
    return {};
  }

  fs::path folder_;
  Array codes_;
  std::map<size_t, Expected> expected_;
};

}  // namespace

ReplayReport replay(Session& session, const fs::path& results_json, const RunEvents& events, const std::stop_token& stop) {
  const fs::path folder = results_json.parent_path();
  if (Journal::request_in(folder)) throw Error("it is not finished", "draw it to its end with the same command").at(folder.string());
  return located(results_json.string(), [&] {
    const Json recorded = read_json(results_json);
    if (!recorded.is_object() || !recorded.contains("recipe"))
      throw Error("these are no results of a search", "give a results.json of synth");
    Request request = Request::from(session, Recipe::from_json(recorded["recipe"]));
    request.save_codes = recorded.value("save_codes", false);
    if (const std::string other = difference(recorded, request.to_json()); !other.empty())
      throw Error(fmt::format("what is here now is not what it was drawn with: {}", other), "bring back the files that its request names");
    const Plan again = plan(session, std::move(request));
    Comparer comparer(results_json, again);
    comparer.report.stopped = run(session, again, comparer, events, stop).stopped;
    std::ranges::sort(comparer.report.differences);
    return std::move(comparer.report);
  });
}

}  // namespace phosphene

// results.json is streamed, picture by picture, so that a long run needs no more memory than a short one:
//
//     {version, recipe, save_codes, network, prior, files, "images": [...], "errors": [...]}
#include "phosphene/run/folder.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/npy.h"
#include "phosphene/run/page.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr const char *kImages = "images", *kErrors = "errors", *kCodes = "codes.npy", *kSteps = "steps.npy";

// Every job's PNG; a unit that is asked for twice has two.
std::vector<std::string> files_of(const Plan& plan) {
  std::set<std::string> used;
  std::vector<std::string> files;
  for (size_t job = 0; job < plan.size(); ++job) {
    const JobName named = plan.name(job);
    const std::string stem = fmt::format("unit-{}-seed-{}", file_safe(named.objective.name), named.seed);
    std::string file = stem + ".png";
    for (int again = 2; !used.insert(file).second; ++again) file = fmt::format("{}-{}.png", stem, again);
    files.push_back(file);
  }
  return files;
}

// As json_text() with its indent writes it as an element of an array at the first level.
std::string element_text(const Json& json) {
  std::string text = "    ";
  for (const char c : json_text(json)) {
    text += c;
    if (c == '\n') text += "    ";
  }
  return text;
}

void write_array(std::ostream& out, const char* name, size_t count, const std::function<Json(size_t)>& element) {
  out << fmt::format(",\n  \"{}\": [", name);
  for (size_t i = 0; i < count; ++i) out << (i ? ",\n" : "\n") << element_text(element(i));
  out << (count ? "\n  ]" : "]");
}

Journal::Sizes sizes_of(const Plan& plan) {
  const auto code = static_cast<size_t>(plan.request().prior->code_size);
  return {plan.size(), code, plan.request().save_codes ? code * static_cast<size_t>(plan.steps() + 1) : 0};
}

}  // namespace

Json request_in(const fs::path& folder) {
  if (auto journal = Journal::request_in(folder)) return *journal;
  std::error_code ignored;
  if (!fs::exists(folder / kResultsFile, ignored)) return nullptr;
  Json json = read_json(folder / kResultsFile);
  if (json.is_object()) json.erase(kImages), json.erase(kErrors);
  return json;
}

std::vector<PictureRecord> read_pictures(const fs::path& results_json) {
  return located(results_json.string(), [&] {
    const Json json = read_json(results_json);
    if (!json.is_object() || !json.contains(kImages) || !json[kImages].is_array())
      throw Error("these are no results of a search", "give a results.json of synth");
    std::vector<PictureRecord> records;
    for (const Json& image : json[kImages]) {
      PictureRecord& record = records.emplace_back(record_from_json(image));
      record.job = records.size() - 1;
      record.picture = read_image(results_json.parent_path() / record.file);
    }
    return records;
  });
}

Folder::Folder(fs::path folder, const Plan& plan)
    : folder_(std::move(folder)), plan_(plan), request_(plan.request().to_json()), files_(files_of(plan)) {
  expect_same_request(request_in(folder_), request_, folder_);
  make_output_folder(folder_);
  journal_ = std::make_unique<Journal>(folder_, request_, sizes_of(plan));
  std::error_code ignored;
  if (fs::exists(folder_ / kResultsFile, ignored)) take_over_results();
}

// A finished folder, of which some jobs failed or some pictures are gone, becomes unfinished again.
void Folder::take_over_results() {
  const Json json = read_json(folder_ / kResultsFile);
  std::map<std::string, size_t> jobs;
  for (size_t job = 0; job < plan_.size(); ++job) jobs[files_[job]] = job;
  const Array codes = read_npy(folder_ / kCodes), steps = plan_.request().save_codes ? read_npy(folder_ / kSteps) : Array{};
  const auto row = [rows = json.at(kImages).size()](const Array& array, size_t i) {
    const auto size = static_cast<std::ptrdiff_t>(array.values.size() / rows), at = static_cast<std::ptrdiff_t>(i) * size;
    return std::vector<float>(array.values.begin() + at, array.values.begin() + at + size);
  };
  for (size_t i = 0; i < json[kImages].size(); ++i) {
    PictureRecord record = located(kResultsFile, [&] { return record_from_json(json[kImages][i]); });
    const auto found = jobs.find(record.file);
    if (found == jobs.end() || journal_->has(found->second)) continue;
    record.job = found->second;
    record.code = row(codes, i);
    if (!steps.values.empty()) record.codes = row(steps, i);
    journal_->append(record);
  }
}

bool Folder::has(size_t job) const {
  std::error_code ignored;
  return journal_->has(job) && fs::exists(folder_ / files_[job], ignored);
}

void Folder::add(Outcome&& outcome) {
  if (auto* failure = std::get_if<JobFailure>(&outcome)) {
    failures_.push_back(std::move(*failure));
    return;
  }
  auto& record = std::get<PictureRecord>(outcome);
  record.file = files_[record.job];
  write_png(folder_ / record.file, record.picture);
  journal_->append(record);
}

PictureRecord Folder::entry(size_t job) const {
  PictureRecord record = journal_->record(job);
  record.file = files_[job];
  return record;
}

PictureRecord Folder::record(size_t job) const {
  PictureRecord record = entry(job);
  record.picture = read_image(folder_ / record.file);
  record.code = journal_->code(job);
  return record;
}

void Folder::write_results(const std::vector<size_t>& jobs) {
  write_file(folder_ / kResultsFile, [&](std::ostream& out) {
    std::string head = json_text(request_);
    head.erase(head.rfind("\n}"));
    out << head;
    write_array(out, kImages, jobs.size(), [&](size_t i) {
      const PictureRecord record = entry(jobs[i]);
      if (on_entry) on_entry(record);
      return to_json(record);
    });
    if (!failures_.empty())
      write_array(out, kErrors, failures_.size(), [&](size_t i) {
        return Json{{"units", failures_[i].name}, {"seed", failures_[i].seed}, {"error", failures_[i].error.what()}};
      });
    out << "\n}\n";
  });
}

void Folder::finish() {
  std::vector<size_t> jobs;
  for (size_t job = 0; job < plan_.size(); ++job)
    if (has(job)) jobs.push_back(job);
  std::ranges::sort(failures_, {}, &JobFailure::job);
  const auto write_rows = [&](const char* name, std::vector<int64_t> shape, const std::function<std::vector<float>(size_t)>& row) {
    write_file(folder_ / name, [&](std::ostream& out) {
      out << npy_header(shape);
      for (const size_t job : jobs) {
        const std::vector<float> values = row(job);
        out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
      }
    });
  };
  const auto rows = static_cast<int64_t>(jobs.size()), size = plan_.request().prior->code_size;
  write_rows(kCodes, {rows, size}, [&](size_t job) { return journal_->code(job); });
  if (plan_.request().save_codes) write_rows(kSteps, {rows, plan_.steps() + 1, size}, [&](size_t job) { return journal_->codes(job); });
  const PageFacts facts = page_facts(plan_);
  write_grids(folder_, facts, jobs.size(), [&](size_t i) { return record(jobs[i]); });
  write_page(folder_ / "index.html", facts, jobs.size(), [&](size_t i) { return entry(jobs[i]); });
  write_results(jobs);
  journal_->remove();
}

extern const SinkKind kFolderSink = {.name = "folder",
                                     .about = "a folder of PNGs with a page, contact sheets, codes and results.json",
                                     .look_at = "index.html",
                                     .open = [](const fs::path& out, const Plan& plan, OnPicture on_picture) -> std::unique_ptr<Sink> {
                                       auto folder = std::make_unique<Folder>(out, plan);
                                       folder->on_entry = std::move(on_picture);
                                       return folder;
                                     },
                                     .request_in = request_in};

}  // namespace phosphene

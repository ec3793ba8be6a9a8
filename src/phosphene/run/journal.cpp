// An outcome counts once its line is whole, and its line is written last: codes of the same row lie on the disk before it.
#include "phosphene/run/journal.h"

#include <fstream>
#include <span>

#include "phosphene/base/durable_file.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

using Open = DurableFile::Open;

constexpr const char *kFolder = "partial", *kRequest = "request.json";

std::span<const char> bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

}  // namespace

std::optional<Json> Journal::request_in(const fs::path& folder) {
  const fs::path file = folder / kFolder / kRequest;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  return read_json(file);
}

Journal::Journal(const fs::path& folder, const Json& request, const Sizes& sizes)
    : folder_(folder / kFolder),
      outcomes_(folder_ / "outcomes.jsonl"),
      codes_(folder_ / "codes.f32"),
      steps_(folder_ / "steps.f32"),
      sizes_(sizes),
      lines_(sizes.jobs) {
  if (!request_in(folder)) {
    make_output_folder(folder_);
    for (const fs::path& file : {outcomes_, codes_, steps_}) DurableFile(file, Open::kEmpty);
    write_json(folder_ / kRequest, request);  // from here on the journal is there
    return;
  }
  std::ifstream in(outcomes_, std::ios::binary);
  for (std::string line; std::getline(in, line) && !in.eof();) {  // a last line without its end is half written
    const Json json = Json::parse(line, nullptr, false);
    const bool whole = json.is_object() && json.contains("job") && json["job"].is_number_unsigned();
    const size_t job = whole ? json["job"].get<size_t>() : sizes.jobs;
    if (job >= sizes.jobs) throw Error("has a line that is no outcome", "remove the folder and draw again").at(outcomes_.string());
    lines_[job] = {end_, rows_++};
    end_ += static_cast<int64_t>(line.size()) + 1;
  }
  DurableFile(outcomes_, Open::kOrNew).cut(end_);
}

void Journal::append(const PictureRecord& record) {
  PHOSPHENE_CHECK_EQ(record.code.size(), sizes_.code);
  PHOSPHENE_CHECK_EQ(record.codes.size(), sizes_.codes);
  Json json{{"job", record.job}};
  json.update(to_json(record));
  const std::string line = json_text(json, -1) + "\n";
  const auto row_at = [&](size_t size) { return rows_ * static_cast<int64_t>(size * sizeof(float)); };
  DurableFile(codes_, Open::kExisting).write_at(row_at(sizes_.code), bytes_of(record.code));
  if (sizes_.codes > 0) DurableFile(steps_, Open::kExisting).write_at(row_at(sizes_.codes), bytes_of(record.codes));
  DurableFile(outcomes_, Open::kExisting).append_at(end_, line);
  lines_[record.job] = {end_, rows_++};
  end_ += static_cast<int64_t>(line.size());
}

PictureRecord Journal::record(size_t job) const {
  PHOSPHENE_CHECK(has(job));
  std::ifstream in(outcomes_, std::ios::binary);
  in.seekg(lines_[job].offset);
  std::string line;
  if (!std::getline(in, line)) throw Error("cannot be read", "remove the folder and draw again").at(outcomes_.string());
  PictureRecord record = located(outcomes_.string(), [&] { return record_from_json(Json::parse(line, nullptr, false)); });
  record.job = job;
  return record;
}

std::vector<float> Journal::row_of(const fs::path& file, int64_t row, size_t size) const {
  std::vector<float> values(size);
  std::ifstream in(file, std::ios::binary);
  in.seekg(row * static_cast<int64_t>(size * sizeof(float)));
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(size * sizeof(float)));
  if (!in) throw Error("ends too early", "remove the folder and draw again").at(file.string());
  return values;
}

std::vector<float> Journal::code(size_t job) const { return row_of(codes_, lines_[job].row, sizes_.code); }
std::vector<float> Journal::codes(size_t job) const {
  return sizes_.codes > 0 ? row_of(steps_, lines_[job].row, sizes_.codes) : std::vector<float>{};
}

void Journal::remove() {
  std::error_code ignored;
  fs::remove(folder_ / kRequest, ignored);  // without it there is no journal, whatever of it is left
  fs::remove_all(folder_, ignored);
}

}  // namespace phosphene

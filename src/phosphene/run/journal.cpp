// An outcome counts once its line is whole, and its line is written last: codes of the same row lie on the disk before it.
#include "phosphene/run/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr const char *kFolder = "partial", *kRequest = "request.json";

class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags) : file_(file), value_(open(file.c_str(), flags | O_CLOEXEC, 0666)) {
    if (value_ < 0) fail("opened");
  }
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write_at(int64_t offset, std::span<const char> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = pwrite(value_, bytes.data(), bytes.size(), offset);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("written");
      bytes = bytes.subspan(static_cast<size_t>(written));
      offset += written;
    }
    if (fsync(value_) != 0 && errno != EINVAL) fail("flushed to disk");
  }
  void cut(int64_t size) {
    if (ftruncate(value_, size) != 0) fail("cut");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw Error(fmt::format("cannot be {}: {}", what, std::strerror(errno)), "check the free space of the disk").at(file_.string());
  }
  fs::path file_;
  int value_;
};

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
    for (const fs::path& file : {outcomes_, codes_, steps_}) Descriptor(file, O_WRONLY | O_CREAT | O_TRUNC);
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
  Descriptor(outcomes_, O_WRONLY | O_CREAT).cut(end_);
}

void Journal::append(const PictureRecord& record) {
  PHOSPHENE_CHECK_EQ(record.code.size(), sizes_.code);
  PHOSPHENE_CHECK_EQ(record.codes.size(), sizes_.codes);
  Json json{{"job", record.job}};
  json.update(to_json(record));
  const std::string line = json_text(json, -1) + "\n";
  const auto row_at = [&](size_t size) { return rows_ * static_cast<int64_t>(size * sizeof(float)); };
  Descriptor(codes_, O_WRONLY).write_at(row_at(sizes_.code), bytes_of(record.code));
  if (sizes_.codes > 0) Descriptor(steps_, O_WRONLY).write_at(row_at(sizes_.codes), bytes_of(record.codes));
  Descriptor out(outcomes_, O_WRONLY);
  try {
    out.write_at(end_, line);
  } catch (const Error&) {
    out.cut(end_);
    throw;
  }
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

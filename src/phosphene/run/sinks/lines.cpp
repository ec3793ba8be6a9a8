// One file, a JSON value a line, for programs that read pictures as they are drawn:
//
//     {"request": {the fields of results.json before "images"}}
//     {"job": 0, fields of an image of results.json but "file", "picture": "data:image/webp;base64,...", "code": "..."}
//     {"job": 1, "units": "7", "seed": 0, "error": "..."}
//
// in the order in which jobs finish. The picture is lossless; the code is base64 of its little-endian float32, and so are the "codes" of
// all steps where they are kept. A run that goes on tries again what failed: of the lines of one job the last counts.
#include <fstream>
#include <span>

#include "phosphene/base/base64.h"
#include "phosphene/base/durable_file.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/run/sink_kinds.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

const char* const kOther = "write to another file, or remove this one";

std::string floats_text(const std::vector<float>& values) {
  return base64({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

// The first line's request; null where there is no whole line yet.
Json request_at(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  if (!std::getline(in, line) || in.eof()) return nullptr;
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("request")) throw Error("it holds no pictures of a search", kOther).at(file.string());
  return json["request"];
}

fs::path in_its_folder(const fs::path& file) {
  make_output_folder(file.has_parent_path() ? file.parent_path() : ".");
  return file;
}

class Lines : public Sink {
 public:
  Lines(const fs::path& file, const Plan& plan, OnPicture on_picture)
      : file_(in_its_folder(file), DurableFile::Open::kOrNew), on_picture_(std::move(on_picture)), has_(plan.size()) {
    const Json request = plan.request().to_json();
    expect_same_request(request_at(file), request, file);
    read(file);
    file_.cut(end_);  // a last line without its end is half written
    if (end_ == 0) append({{"request", request}});
  }

  bool has(size_t job) const override { return has_[job]; }

  void add(Outcome&& outcome) override {
    if (const auto* failure = std::get_if<JobFailure>(&outcome))
      return append({{"job", failure->job}, {"units", failure->name}, {"seed", failure->seed}, {"error", failure->error.what()}});
    const auto& record = std::get<PictureRecord>(outcome);
    Json json{{"job", record.job}};
    json.update(to_json(record));
    json.erase("file");
    json["picture"] = "data:image/webp;base64," + base64(webp_lossless(record.picture));
    json["code"] = floats_text(record.code);
    if (!record.codes.empty()) json["codes"] = floats_text(record.codes);
    append(json);
    has_[record.job] = true;
    if (on_picture_) on_picture_(record);
  }

 private:
  void read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line) && !in.eof(); end_ += static_cast<int64_t>(line.size()) + 1) {
      if (end_ == 0) continue;  // the request
      const Json json = Json::parse(line, nullptr, false);
      const bool whole = json.is_object() && json.contains("job") && json["job"].is_number_unsigned() && json["job"] < has_.size();
      if (!whole) throw Error("has a line that is no outcome", kOther).at(file.string());
      if (!json.contains("error")) has_[json["job"].get<size_t>()] = true;
    }
  }

  void append(const Json& json) {
    const std::string line = json_text(json, -1) + "\n";
    file_.append_at(end_, line);
    end_ += static_cast<int64_t>(line.size());
  }

  DurableFile file_;
  OnPicture on_picture_;
  std::vector<bool> has_;
  int64_t end_ = 0;
};

}  // namespace

extern const SinkKind kLinesSink = {.name = "lines",
                                    .ending = ".jsonl",
                                    .about = "one line of JSON a picture, as soon as it is drawn",
                                    .open = [](const fs::path& out, const Plan& plan, OnPicture on_picture) -> std::unique_ptr<Sink> {
                                      return std::make_unique<Lines>(out, plan, std::move(on_picture));
                                    },
                                    .request_in = request_at};

}  // namespace phosphene

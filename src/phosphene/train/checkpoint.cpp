#include "phosphene/train/checkpoint.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"

namespace phosphene {

namespace {

constexpr const char* kMagic = "phosphene checkpoint 1";

struct Section {
  std::string name;
  std::span<float> values;
};

std::vector<Section> sections_of(const std::vector<CheckpointPart>& parts) {
  std::vector<Section> sections;
  for (const CheckpointPart& part : parts)
    for (Parameter& p : part.parameters->all()) {
      const std::string name = part.prefix + p.name;
      sections.push_back({name, p.value.floats()});
      if (p.trained()) sections.push_back({name + " first", p.first}), sections.push_back({name + " second", p.second});
      if (!p.average.empty()) sections.push_back({name + " average", p.average});
    }
  return sections;
}

// The tunable fields that have other values now: {FIELD: [before, after] ...}. Error for any other field.
Json changed_fields(const Json& saved, const Json& now, const std::set<std::string>& tunable) {
  Json changed = Json::object();
  for (const auto& [key, value] : now.items()) {
    const Json before = saved.value(key, Json());
    if (saved.contains(key) && before == value) continue;
    if (!tunable.contains(key))
      throw Error(
          fmt::format("the run before had {} = {}, this one has {}", key, saved.contains(key) ? before.dump() : "nothing", value.dump()),
          "give the same options, or delete the checkpoint to start again");
    changed[key] = {before, value};
  }
  return changed;
}

// Adds the data to what changed. Error where they must not.
void compare_data(const Json& saved, const TrainingKey& now, Json& changed) {
  if (!saved.contains(TrainingKey::kData))
    return log_warning("the checkpoint does not name its data, since an older phosphene wrote it; going on with the data given");
  const Json& before = saved[TrainingKey::kData];
  if (before == now.data) return;
  if (!now.tunable.contains(TrainingKey::kData))
    throw Error("the run before had other pictures, classes or sizes of pictures",
                "give the same --data, --size and --max-images; or --retune, to go on with the new data; or write to another output");
  changed[TrainingKey::kData] = {before, now.data};
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path file, TrainingKey key, std::vector<CheckpointPart> parts)
    : file_(std::move(file)), key_(std::move(key)), parts_(std::move(parts)) {}

std::optional<int64_t> Checkpoint::load() {
  if (!std::filesystem::exists(file_)) return std::nullopt;
  return located(file_.string(), [&]() -> std::optional<int64_t> {
    const Error damaged("the checkpoint is damaged", "delete it to start again");
    std::ifstream in(file_, std::ios::binary);
    std::string magic, header;
    if (!std::getline(in, magic) || magic != kMagic || !std::getline(in, header)) throw damaged;
    try {
      return load_sections(Json::parse(header), in);
    } catch (const Json::exception&) {  // no JSON, or values of other kinds
      throw damaged;
    }
  });
}

int64_t Checkpoint::load_sections(const Json& json, std::istream& in) {
  const Error damaged("the checkpoint is damaged", "delete it to start again");
  const auto step = json.at("step").get<int64_t>();
  if (step < 0) throw damaged;
  Json changed = changed_fields(json.at("recipe"), key_.recipe, key_.tunable);
  compare_data(json, key_, changed);
  const std::vector<Section> sections = sections_of(parts_);
  if (json.at("sections").size() != sections.size()) throw damaged;
  for (size_t i = 0; i < sections.size(); ++i) {
    const Section& section = sections[i];
    if (json["sections"].at(i) != Json{section.name, section.values.size()}) throw damaged;
    in.read(reinterpret_cast<char*>(section.values.data()), static_cast<std::streamsize>(section.values.size_bytes()));
    if (!in) throw damaged;
  }
  saved_step_ = step;
  changes_ = json.value("changes", Json::array());
  if (!changed.empty()) {
    log_info(fmt::format("from step {} on: {} (before, after)", saved_step_, changed.dump()));
    Json change{{"step", saved_step_}};
    change.update(changed);
    changes_.push_back(std::move(change));
  }
  return saved_step_;
}

void Checkpoint::save(int64_t step) {
  const std::vector<Section> sections = sections_of(parts_);
  Json names = Json::array();
  for (const Section& section : sections) {
    for (const float value : section.values)
      if (!std::isfinite(value))
        throw Error(
            fmt::format("a value of {} is not finite at step {}; the checkpoint of step {} is kept", section.name, step, saved_step_),
            "lower --rate, or use --precision f32, in a new output");
    names.push_back({section.name, section.values.size()});
  }
  const Json header{{"recipe", key_.recipe}, {TrainingKey::kData, key_.data}, {"step", step}, {"changes", changes_}, {"sections", names}};
  write_file(file_, [&](std::ostream& out) {
    out << kMagic << '\n' << header.dump() << '\n';
    for (const Section& section : sections)
      out.write(reinterpret_cast<const char*>(section.values.data()), static_cast<std::streamsize>(section.values.size_bytes()));
  });
  saved_step_ = step;
}

Curve::Curve(std::filesystem::path file, std::vector<std::string> columns, int64_t from_step) : file_(std::move(file)) {
  std::string kept = "step";
  for (const std::string& column : columns) kept += "," + column;
  kept += "\n";
  if (from_step > 0 && std::filesystem::exists(file_)) {
    std::istringstream lines(read_file(file_));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line))  // a last row without its line end was cut by a crash
      if (!lines.eof() && std::atoll(line.c_str()) <= from_step) kept += line + "\n";
  }
  write_file(file_, kept);
}

void Curve::add(int64_t step, const std::vector<double>& values) {
  std::string row = std::to_string(step);
  for (const double value : values) row += fmt::format(",{:.6g}", value);
  std::ofstream out(file_, std::ios::app);
  out << row << "\n";
  if (!out.flush()) throw Error("the curve cannot be written", "free some space").at(file_.string());
}

}  // namespace phosphene

#include "phosphene/evolve/saved.h"

#include <cstring>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr const char* kSavedTitle = "phosphene evolution 1";

std::string line_of(std::string_view& bytes) {
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) throw Error("is damaged", "remove it, and begin anew");
  std::string line(bytes.substr(0, end));
  bytes.remove_prefix(end + 1);
  return line;
}

}  // namespace

void save_evolutions(const std::filesystem::path& file, const Json& request, const std::vector<std::vector<double>>& values) {
  Json counts = Json::array();
  for (const std::vector<double>& of_one : values) counts.push_back(of_one.size());
  write_file(file, [&](std::ostream& out) {
    out << kSavedTitle << "\n" << json_text({{"request", request}, {"values", counts}}, -1) << "\n";
    for (const std::vector<double>& of_one : values)
      out.write(reinterpret_cast<const char*>(of_one.data()), static_cast<std::streamsize>(of_one.size() * sizeof(double)));
  });
}

std::optional<std::vector<std::vector<double>>> saved_evolutions(const std::filesystem::path& file, const Json& request) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  const std::string content = read_file(file);
  return located(file.string(), [&] {
    std::string_view bytes = content;
    if (line_of(bytes) != kSavedTitle) throw Error("holds no evolution", "give another file");
    const Json header = Json::parse(line_of(bytes), nullptr, false);
    if (!header.is_object() || !header.contains("request") || !header.contains("values") || !header["values"].is_array())
      throw Error("is damaged", "remove it, and begin anew");
    for (const auto& [field, now] : request.items())
      if (const Json before = header["request"].value(field, Json()); before != now)
        throw Error(fmt::format("{} is {} there, {} here", field, json_text(before, -1), json_text(now, -1)),
                    "give the same again, or another file");
    std::vector<std::vector<double>> values;
    for (const Json& count : header["values"]) {
      const size_t size = count.is_number_unsigned() ? count.get<size_t>() : 0;
      if (size == 0 || size > bytes.size() / sizeof(double)) throw Error("is cut short", "remove it, and begin anew");
      std::memcpy(values.emplace_back(size).data(), bytes.data(), size * sizeof(double));
      bytes.remove_prefix(size * sizeof(double));
    }
    if (!bytes.empty()) throw Error("is longer than it says", "remove it, and begin anew");
    return values;
  });
}

}  // namespace phosphene

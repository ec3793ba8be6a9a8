#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/evolve/scorer.h"

namespace phosphene {

namespace {

constexpr int kPollMilliseconds = 100;  // between looks at the stop
constexpr size_t kLongestLine = size_t{1} << 26;

// {"scores": {"id": number or [number, ...], ...}}
void read_scores(const std::string& line, ScoreSheet& sheet) {
  const std::string todo = R"(write {"scores": {"g0000-000": 1.5, ...}} in one line)";
  const Json told = Json::parse(line, nullptr, false);
  if (!told.is_object() || !told.contains("scores") || !told["scores"].is_object())
    throw Error(fmt::format("\"{}\" tells no scores", line.substr(0, 60)), todo);
  for (const auto& [id, value] : told["scores"].items()) {
    const Json repeats = value.is_array() ? value : Json::array({value});
    for (const Json& score : repeats) {
      if (!score.is_number()) throw Error(fmt::format("the score of \"{}\" is {}", id, json_text(score, -1).substr(0, 60)), todo);
      sheet.add(id, score.get<double>());
    }
  }
}

}  // namespace

void JsonLines::write_line(const std::string& line) {
  const std::string bytes = line + "\n";
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(out_, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno != EINTR) throw Error(fmt::format("cannot be written: {}", std::strerror(errno))).at("standard output");
    at += written > 0 ? static_cast<size_t>(written) : 0;
  }
}

std::optional<std::string> JsonLines::read_line(const std::stop_token& stop) {
  for (;;) {
    if (const size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (read_.size() > kLongestLine) throw Error("a line does not end", "end every line with a line break");
    pollfd waiting{in_, POLLIN, 0};
    const int ready = poll(&waiting, 1, kPollMilliseconds);
    if (stop.stop_requested()) return std::nullopt;
    if (ready <= 0) continue;
    char buffer[1 << 16];
    const ssize_t count = read(in_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw Error("it ended before the last generation", "give the same command again to go on");
    read_.append(buffer, static_cast<size_t>(count));
  }
}

std::optional<std::vector<Score>> JsonLines::score(const Generation& generation, const std::stop_token& stop) {
  Json pictures = Json::array();
  for (const Shown& shown : generation.shown)
    pictures.push_back({{"id", shown.id},
                        {"file", (generation.folder / shown.file()).string()},
                        {"thread", shown.control() ? Json() : Json(shown.thread)},
                        {"control", shown.control()}});
  write_line(json_text({{"generation", generation.number}, {"pictures", pictures}}, -1));
  return located(fmt::format("standard input > generation {}", generation.number), [&]() -> std::optional<std::vector<Score>> {
    ScoreSheet sheet(generation);
    while (!sheet.complete()) {
      const auto line = read_line(stop);
      if (!line) return std::nullopt;
      if (line->find_first_not_of(" \t\r") != std::string::npos) read_scores(*line, sheet);
    }
    return sheet.scores();
  });
}

void JsonLines::finish(const std::filesystem::path& results) { write_line(json_text({{"done", true}, {"results", results.string()}}, -1)); }

}  // namespace phosphene

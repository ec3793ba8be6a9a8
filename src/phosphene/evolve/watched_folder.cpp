// A file of scores may be read while it is written. So it counts once it has a score for every picture, and its last line only with a line
// break, or when the file has been still for some seconds.
#include <charconv>
#include <chrono>
#include <sstream>
#include <thread>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/text.h"
#include "phosphene/evolve/scorer.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr auto kBetweenLooks = std::chrono::milliseconds(200);
constexpr int kStillLooks = 25;  // looks without a change after which a last line without a line break counts

std::string trimmed(std::string text) {
  constexpr const char* kAround = " \t\r\"";
  text.erase(0, std::min(text.find_first_not_of(kAround), text.size()));
  text.erase(text.find_last_not_of(kAround) + 1);
  return text;
}

void read_csv(const std::string& content, bool last_line_counts, ScoreSheet& sheet) {
  std::istringstream lines(content);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (lines.eof() && !last_line_counts) break;
    line = as_utf8(line);
    const size_t comma = line.rfind(',');
    if (trimmed(line).empty()) continue;
    const std::string file = trimmed(line.substr(0, comma)), text = comma == std::string::npos ? "" : trimmed(line.substr(comma + 1));
    if (number == 1 && file.ends_with("file")) continue;  // also behind a mark of UTF-8
    located(fmt::format("line {}", number), [&] {
      double score{};
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), score);
      if (code != std::errc() || end != text.data() + text.size())
        throw Error(fmt::format("\"{}\" is no file and score", trimmed(line).substr(0, 60)), "write FILE,SCORE with a point in the number");
      sheet.add(file, score);
    });
  }
}

}  // namespace

WatchedFolder::WatchedFolder(fs::path folder) : folder_(std::move(folder)) { make_output_folder(folder_); }

void WatchedFolder::show(const Generation& generation) const {
  const fs::path there = folder_ / generation.folder.filename(), unfinished = there.string() + ".tmp";
  located(there.string(), [&] {
    std::error_code code;
    if (fs::exists(there, code)) return;  // shown by an earlier run
    fs::remove_all(unfinished, code);
    fs::create_directory(unfinished, code);
    for (const Shown& shown : generation.shown)
      if (!code) fs::copy_file(generation.folder / shown.file(), unfinished / shown.file(), code);
    if (!code) fs::rename(unfinished, there, code);
    if (code) throw Error(fmt::format("cannot be written: {}", code.message()), "check the folder and the space on its disk");
  });
}

std::optional<std::vector<Score>> WatchedFolder::score(const Generation& generation, const std::stop_token& stop) {
  show(generation);
  const fs::path file = folder_ / (generation.folder.filename().string() + ".csv");
  log_info(fmt::format("waiting for {} with the scores of {} pictures", file.string(), generation.shown.size()));
  std::string before;
  for (int still = 0; !stop.stop_requested(); std::this_thread::sleep_for(kBetweenLooks)) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) continue;
    const std::string content = read_file(file);
    still = content == before ? still + 1 : 0;
    before = content;
    if (still == 0) continue;
    ScoreSheet sheet(generation);
    located(file.string(), [&] { read_csv(content, still >= kStillLooks, sheet); });
    if (sheet.complete()) return sheet.scores();
    if (still == kStillLooks) log_info(fmt::format("{} has scores of {} pictures so far", file.string(), sheet.scored()));
  }
  return std::nullopt;
}

}  // namespace phosphene

// One line on stderr, redrawn at most ten times a second on a terminal, else printed every five seconds. Log lines go above it.
#include "phosphene/base/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <mutex>

#include <fmt/format.h>

#include "phosphene/base/context.h"

namespace phosphene {
namespace {

constexpr double kRedrawSeconds = 0.1, kPrintSeconds = 5;
constexpr const char* kClearLine = "\r\x1b[K";

std::mutex output_mutex;
bool line_open = false;  // a progress line without its line end stands on the terminal

void print_line(const std::string& text) {
  const std::lock_guard lock(output_mutex);
  const std::string line = fmt::format("{}{}\n", line_open ? kClearLine : "", text);
  line_open = false;
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void redraw_line(const std::string& text) {
  const std::lock_guard lock(output_mutex);
  const std::string line = kClearLine + text;
  line_open = true;
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string rate_text(double rate) { return rate >= 10 ? fmt::format("{:.0f}/s", rate) : fmt::format("{:.2g}/s", rate); }

}  // namespace

namespace {

void log(LogLevel level, const char* before, std::string_view text) {
  if (context().log) return context().log(level, text);
  print_line(fmt::format("{}{}", before, text));
}

}  // namespace

void log_info(std::string_view text) { log(LogLevel::kInfo, "", text); }
void log_warning(std::string_view text) { log(LogLevel::kWarning, "warning: ", text); }
void log_error(std::string_view text) { log(LogLevel::kError, "error: ", text); }

Progress::Progress(std::string title, int64_t total)
    : title_(std::move(title)),
      total_(total),
      start_(std::chrono::steady_clock::now()),
      shown_(start_),
      terminal_(isatty(STDERR_FILENO) == 1),
      open_(true) {}

Progress::~Progress() {
  if (!open_ || !terminal_) return;
  const std::lock_guard lock(output_mutex);
  if (line_open) std::fputc('\n', stderr);
  line_open = false;
}

void Progress::update(int64_t done, std::string_view note) {
  const auto now = std::chrono::steady_clock::now();
  if (first_ < 0) first_ = done, start_ = now;  // a resumed run does not count the steps that were done before
  last_ = done;
  if (seconds_between(shown_, now) < (terminal_ ? kRedrawSeconds : kPrintSeconds)) return;
  shown_ = now;

  std::string text = total_ > 0 ? fmt::format("{} {}/{}", title_, done, total_) : fmt::format("{} {}", title_, done);
  if (!note.empty()) text += fmt::format(", {}", note);
  const double elapsed = seconds_between(start_, now);
  if (done > first_ && elapsed > 0) {
    const double rate = static_cast<double>(done - first_) / elapsed;
    text += ", " + rate_text(rate);
    if (total_ > done) text += fmt::format(", {} left", format_duration(static_cast<double>(total_ - done) / rate));
  }
  if (terminal_) {
    redraw_line(text);
  } else {
    print_line(text);
  }
}

void Progress::finish(std::string_view note) {
  if (!open_) return;
  open_ = false;
  const double elapsed = seconds_between(start_, std::chrono::steady_clock::now());
  std::string text = fmt::format("{} {}", title_, total_ > 0 ? total_ : last_);
  if (!note.empty()) text += fmt::format(", {}", note);
  print_line(text + fmt::format(", {}", format_duration(elapsed)));
}

std::string format_duration(double seconds) {
  const int64_t whole = std::llround(std::max(0.0, seconds));
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

}  // namespace phosphene

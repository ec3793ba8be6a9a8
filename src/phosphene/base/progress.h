// Progress and log lines on stderr. On a terminal the progress line is redrawn in place; elsewhere a line is printed every few seconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace phosphene {

// Lines of the context's log (context.h). Errors are thrown; those of one job among many, which end nothing, are logged.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

class Progress {
 public:
  // total: steps of work in all; 0 when unknown.
  Progress(std::string title, int64_t total);
  ~Progress();
  // done: steps done so far; note: what else to show ("loss 1.23"). Rate and time left are added: "title 120/200, note, 35.2/s, 2 s left".
  void update(int64_t done, std::string_view note = {});
  void finish(std::string_view note = {});

 private:
  std::string title_;
  int64_t total_ = 0, first_ = -1, last_ = 0;
  std::chrono::steady_clock::time_point start_, shown_;
  bool terminal_ = false, open_ = false;
};

std::string format_duration(double seconds);  // "1 h 02 min", "3 min 10 s", "12 s"

}  // namespace phosphene

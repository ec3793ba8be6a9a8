// Ctrl-C as a stop token: the first SIGINT or SIGTERM asks for a clean end, the second ends the process at once.
#pragma once

#include <stop_token>

namespace phosphene {

constexpr int kInterrupted = 130;  // exit code of a stopped command; what it had finished is kept

// Thrown by a command that was stopped, to leave the program with kInterrupted.
struct Interrupted {};

// Catches the signals while it exists. At most one exists at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  // restores the previous signal handlers
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const;
};

}  // namespace phosphene

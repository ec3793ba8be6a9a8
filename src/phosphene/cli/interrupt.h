// Ctrl-C as a stop token: the first SIGINT or SIGTERM asks for a clean end, the second ends the process at once.
#pragma once

#include <stop_token>

namespace phosphene {

constexpr int kInterrupted = 130;  // the exit code of a command that was stopped; what it had finished is kept

// Thrown by a command that was stopped, to leave the program with kInterrupted.
struct Interrupted {};

// Exists while a command can be stopped; one at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  // signals do again what they did before
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const;
};

}  // namespace phosphene

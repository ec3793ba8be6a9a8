// A signal handler may do next to nothing: it writes one byte into a pipe, and a thread that reads the pipe asks for the stop.
#include "phosphene/cli/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"

namespace phosphene {

namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM};

std::atomic<int> signals{0};
int pipe_ends[2] = {-1, -1};
std::stop_source asked;
std::thread reader;
std::array<struct sigaction, kSignals.size()> before;

void on_signal(int) {
  if (signals.fetch_add(1) > 0) _exit(kInterrupted);
  const char byte = 's';
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
}

}  // namespace

Interrupt::Interrupt() {
  PHOSPHENE_CHECK(!reader.joinable());
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe", "close some files");
  signals = 0;
  asked = std::stop_source();
  reader = std::thread([] {
    char byte = 0;
    if (read(pipe_ends[0], &byte, 1) != 1) return;  // closed: nobody asked
    log_warning("stopping; what is finished is kept (a second Ctrl-C ends at once)");
    asked.request_stop();
  });
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before[i]);
}

Interrupt::~Interrupt() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
  close(pipe_ends[1]);
  reader.join();
  close(pipe_ends[0]);
}

std::stop_token Interrupt::token() const { return asked.get_token(); }

}  // namespace phosphene

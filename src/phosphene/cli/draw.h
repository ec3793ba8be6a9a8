// A run with its progress on stderr, for synth and compare.
#pragma once

#include <filesystem>
#include <stop_token>

#include "phosphene/run/run.h"

namespace phosphene {

// Also prints one line per failed job, and how to go on after a stop.
RunReport draw(Session& session, const Plan& plan, Sink& sink, const std::stop_token& stop);

// Events that show a run's progress line.
RunEvents show_progress(const std::string& title);

}  // namespace phosphene

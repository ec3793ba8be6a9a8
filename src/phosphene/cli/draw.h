// A run with its progress on stderr, as synth and compare make it.
#pragma once

#include <filesystem>
#include <stop_token>

#include "phosphene/run/folder.h"
#include "phosphene/run/run.h"

namespace phosphene {

// Prints what fails, a line a job, and what a stop leaves to be done.
RunReport draw(Session& session, const Plan& plan, Sink& sink, const std::stop_token& stop);

// The progress line of runs, to be passed as events.
RunEvents show_progress(const std::string& title);

}  // namespace phosphene

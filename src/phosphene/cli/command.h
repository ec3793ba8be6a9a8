// Subcommands of the program `phosphene`. One file each: it declares its options, and its callback parses, calls the library and prints.
//
// A command is added by a function that calls app.add_subcommand(), binds options to a shared struct and sets a callback. Results go to
// stdout, progress and log to stderr. The callback throws Error for bad input (exit 1) and CLI::ValidationError for wrong usage (exit 2).
#pragma once

#include <CLI/CLI.hpp>

namespace phosphene {

void add_inspect(CLI::App& app);
void add_run(CLI::App& app);
void add_synth(CLI::App& app);
void add_replay(CLI::App& app);
void add_evolve(CLI::App& app);
void add_compare(CLI::App& app);
void add_atlas(CLI::App& app);
void add_serve(CLI::App& app);
void add_train(CLI::App& app);
void add_eval(CLI::App& app);
void add_bench(CLI::App& app);

// Thrown by a command if part of its work failed and each failure has been printed: exit code 1.
struct Failed {};

}  // namespace phosphene

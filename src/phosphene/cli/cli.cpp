// The table of subcommands, and the border where errors become exit codes.
#include <cstdio>
#include <exception>
#include <memory>
#include <new>

#include "phosphene/base/error.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/help.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/command_line.h"
#include "phosphene/version.h"

namespace phosphene {
namespace {

using AddCommand = void (*)(CLI::App&);

constexpr AddCommand kCommands[] = {
    add_inspect, add_run, add_synth, add_replay, add_evolve, add_compare, add_atlas, add_serve, add_train, add_eval, add_bench,
};

int fail(const char* line) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", line);
  return 1;
}

}  // namespace

int run_cli(int argc, const char* const* argv) {
  CLI::App app("Draws what the neurons of an image network want to see.", "phosphene");
  app.formatter(std::make_shared<WrappedHelp>());  // subcommands take it over
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("phosphene {}", version()), "Print version and commit, and exit");
  app.set_help_all_flag("--help-all", "Print the help of every subcommand");
  for (const AddCommand add : kCommands) add(app);
  try {
    app.parse(argc, argv);
    std::fflush(stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const Interrupted&) {
    std::fflush(stdout);
    return kInterrupted;
  } catch (const Failed&) {
    std::fflush(stdout);
    return 1;
  } catch (const Error& error) {
    return fail(error.or_do("docs/networks.md tells what is expected of a model, --help of a command").what());
  } catch (const std::bad_alloc&) {
    return fail("phosphene > out of memory; use a smaller --batch or a smaller model");
  } catch (const std::exception& error) {
    return fail(Error(error.what(), "this is a bug: please report the command").at("phosphene").what());
  }
}

}  // namespace phosphene

// phosphene serve: shows atlases in a browser.
#include <cstdio>
#include <memory>

#include "phosphene/cli/command.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/serve/drawings.h"
#include "phosphene/serve/server.h"

namespace phosphene {

namespace {

struct ServeArguments {
  std::vector<std::filesystem::path> atlases;
  ServerOptions server;
  bool draw = false;
};

void serve(const ServeArguments& arguments) {
  const Interrupt interrupt;
  const Site site(arguments.atlases, arguments.draw);
  const auto live = arguments.draw ? std::make_unique<Drawings>(site) : nullptr;
  Server server(site, live.get(), arguments.server);
  const std::string& address = arguments.server.address;
  fmt::print("http://{}:{}/\n", is_loopback(address) ? "localhost" : address, server.port());
  std::fflush(stdout);
  server.run(interrupt.token());
}

}  // namespace

void add_serve(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* command = app.add_subcommand("serve", "Show atlases in a browser; Ctrl-C ends it");
  command->add_option("atlas", arguments->atlases, "Atlas files")->required();
  command->add_flag("--draw", arguments->draw,
                    "Let the pages draw units now, and search by a dropped picture; reads the networks that the atlases name");
  command->add_option("--port", arguments->server.port, "Port; 0: any free one")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_option("--address", arguments->server.address, "Address to listen at; 0.0.0.0 lets the whole network read")
      ->capture_default_str();
  command->callback([arguments] { serve(*arguments); });
}

}  // namespace phosphene

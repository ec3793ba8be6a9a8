// Server: the HTTP side of `phosphene serve`. It decides who may ask, how much, and under which policy a browser shows the answer; what is
// answered comes from a Site and, where drawing is allowed, from a Live.
//
// Limits: requests of 20 MiB (a dropped picture), addresses of 2,000 characters, 256 connections served at a time and 4,096 waiting.
// A server bound to a loopback address answers only requests for a loopback name, so a foreign page cannot reach it through a name of its
// own. Requests that change anything must come from the server's own pages.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "phosphene/serve/live.h"
#include "phosphene/serve/site.h"

namespace phosphene {

struct ServerOptions {
  std::string address = "127.0.0.1";
  int port = 8080;  // 0: any free one
};

class Server {
 public:
  // Binds. Error when the address cannot be bound. Borrows site and live, which may be null: then nothing can be drawn.
  Server(const Site& site, Live* live, const ServerOptions& options);
  ~Server();

  int port() const;
  // Answers until a stop is asked for, then ends what is open.
  void run(const std::stop_token& stop);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

// True for names and addresses of this machine alone: "localhost", "127.0.0.1", "[::1]", with or without a port.
bool is_loopback(std::string_view host);

}  // namespace phosphene

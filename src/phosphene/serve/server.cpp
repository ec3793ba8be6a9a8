// The only file that knows the HTTP library.
//
//     GET  /-/NAME                    a resource of the site
//     POST /-/live/draw               starts a drawing: {"drawing": N}
//     GET  /-/live/draw/N             its events, as server-sent events
//     POST /-/live/draw/N/stop        ends it
//     POST /-/live/likeness/HASH      the body is a picture: what it excites
//     GET  anything else              the page, whose script reads the address; 404 where the site has no such page
#include "phosphene/serve/server.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <charconv>

#include <httplib.h>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/serve/crew.h"

namespace phosphene {

namespace {

constexpr size_t kLongestAddress = 2'000, kLargestBody = 20 << 20, kConnections = 256, kWaiting = 4'096;
constexpr size_t kRequestsOfAConnection = 10'000;
constexpr int kBacklog = 1'024;
constexpr auto kHeartbeat = std::chrono::seconds(1);

// Nothing is loaded from elsewhere, no script but the site's own runs, and no other site may show a page in a frame. data: pictures are
// those of a drawing under way, blob: the one that was dropped.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

class CrewQueue : public httplib::TaskQueue {
 public:
  using Added = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));  // void, in later releases bool
  Added enqueue(std::function<void()> task) override {
    crew_.add(std::move(task));
    return static_cast<Added>(true);
  }
  void shutdown() override { crew_.finish(); }

 private:
  Crew crew_{kConnections};
};

// The name in a Host header, without its port.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void say(httplib::Response& response, int status, std::string text) {
  response.status = status;
  response.set_content(std::move(text), "text/plain; charset=utf-8");
}

void say_json(httplib::Response& response, const std::string& json) { response.set_content(json, "application/json; charset=utf-8"); }

// Through a provider, which the library neither copies nor compresses.
void send(const httplib::Request& request, httplib::Response& response, const Resource& resource, int status = 200) {
  const std::string tag = fmt::format("\"{}\"", sha256(*resource.bytes).substr(0, 20));
  response.set_header("ETag", tag);
  response.set_header("Cache-Control", resource.forever ? "private, max-age=31536000, immutable" : "no-cache");
  if (request.get_header_value("If-None-Match") == tag && status == 200) {
    response.status = 304;
    return;
  }
  response.status = status;
  if (resource.bytes->empty()) return response.set_content("", resource.type);
  response.set_content_provider(resource.bytes->size(), resource.type,
                                [bytes = resource.bytes](size_t offset, size_t length, httplib::DataSink& sink) {
                                  return sink.write(bytes->data() + offset, std::min(length, bytes->size() - offset));
                                });
}

// More open files than connections: a process's usual limit is 1,024.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string_view name = without_port(host);
  return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" || name == "::1" ||
         (name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

struct Server::Body {
  Body(const Site& its_site, Live* its_live, const ServerOptions& options) : site(its_site), live(its_live) {
    loopback = is_loopback(options.address);
    raise_file_limit();
    set_limits();
    http.set_default_headers({{"Content-Security-Policy", kPolicy},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Cross-Origin-Opener-Policy", "same-origin"}});
    http.set_pre_routing_handler([this](const auto& request, auto& response) { return route(request, response); });
    const auto with_body = [this](const auto& request, auto& response, const auto& reader) { take_body(request, response, reader); };
    http.Post(".*", with_body);
    http.Put(".*", with_body);
    http.Patch(".*", with_body);
    http.Delete(".*", with_body);
    http.set_exception_handler([](const auto&, auto& response, std::exception_ptr thrown) { answer_exception(response, thrown); });
    bind(options);
  }

  void set_limits() {
    http.new_task_queue = [] { return new CrewQueue; };
    http.set_keep_alive_max_count(kRequestsOfAConnection);
    http.set_keep_alive_timeout(5);
    http.set_read_timeout(5);
    http.set_write_timeout(20);
    http.set_tcp_nodelay(true);
    http.set_payload_max_length(kLargestBody);
  }

  void bind(const ServerOptions& options) {
    int listening = -1;
    http.set_socket_options([&listening](auto socket) {
      listening = socket;
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    bound = options.port == 0                                  ? http.bind_to_any_port(options.address)
            : http.bind_to_port(options.address, options.port) ? options.port
                                                               : -1;
    if (bound < 0)
      throw Error(fmt::format("cannot listen at port {}: it is taken, or the address is not this machine's", options.port),
                  "give another --port, or --port 0 for a free one")
          .at(options.address);
    if (listening >= 0) listen(listening, kBacklog);  // the library's own is 5
  }

  // What every request must satisfy. True: it was answered.
  bool refused(const httplib::Request& request, httplib::Response& response) const {
    if (loopback && !is_loopback(request.get_header_value("Host"))) {
      say(response, 403, "this server answers at localhost only\n");
    } else if (request.target.size() > kLongestAddress) {
      say(response, 414, "the address is too long\n");
    } else if (request.ranges.size() > 1) {
      say(response, 416, "one range at a time\n");
    } else if (request.method == "POST" ? !request.path.starts_with("/-/live/") : request.method != "GET" && request.method != "HEAD") {
      say(response, 405, "this site is only read\n");
    } else {
      return false;
    }
    return true;
  }

  static bool takes_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE"; }

  httplib::Server::HandlerResponse route(const httplib::Request& request, httplib::Response& response) const {
    constexpr auto kDone = httplib::Server::HandlerResponse::Handled;
    if (takes_body(request.method)) return httplib::Server::HandlerResponse::Unhandled;
    if (refused(request, response)) return kDone;
    const std::string_view path = request.path;
    if (path.starts_with("/-/live/")) {
      watch(path.substr(8), response);
    } else if (path.starts_with("/-/")) {
      if (const auto resource = site.find(path.substr(3)))
        send(request, response, *resource);
      else
        say(response, 404, "there is no such file\n");
    } else {
      send(request, response, site.shell(), site.has_page(path) ? 200 : 404);
    }
    return kDone;
  }

  // The events of a drawing, until its last or until the reader is gone.
  void watch(std::string_view name, httplib::Response& response) const {
    const auto drawing = name.starts_with("draw/") ? number_in(name.substr(5)) : std::nullopt;
    if (!live || !drawing) return say(response, 404, "there is no such drawing\n");
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream", [this, drawing = *drawing, number = size_t{0}](size_t, httplib::DataSink& sink) mutable {
          if (stopping) return false;
          const auto event = live->event(drawing, number, kHeartbeat);
          const std::string text = event ? fmt::format("data: {}\n\n", event->json) : std::string(": waiting\n\n");
          if (!sink.write(text.data(), text.size())) return false;
          if (event) ++number;
          if (event && event->last) sink.done();
          return true;
        });
  }

  // Only pages of this server may ask for work: a form of another site sends an Origin, and no JSON or picture.
  static bool of_own_page(const httplib::Request& request) {
    const std::string origin = request.get_header_value("Origin"), type = request.get_header_value("Content-Type");
    const std::string host = request.get_header_value("Host");
    if (!origin.empty() && origin != "http://" + host && origin != "https://" + host) return false;
    return type.starts_with("application/json") || type.starts_with("image/");
  }

  // The whole body is read also where it is refused: what is left of it would be taken for the next request.
  void take_body(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader) const {
    const bool wanted = live && request.method == "POST" && of_own_page(request) && !request.is_multipart_form_data();
    std::string body;
    bool fits = true;
    // The library's own limit counts neither chunks nor what comes out of a compressed body.
    const auto take = [&](const char* data, size_t size) {
      fits = fits && body.size() + size <= kLargestBody;
      if (wanted && fits) body.append(data, size);
      return true;
    };
    const bool whole = request.is_multipart_form_data() ? reader([](const auto&) { return true; }, take) : reader(take);
    if (refused(request, response)) return;
    if (!live) return say(response, 403, "this server only shows; start it with --draw to draw\n");
    if (!wanted) return say(response, 403, "only pages of this server may ask for this\n");
    if (!whole || !fits) return say(response, 413, "the request is broken or too large\n");
    work(std::string_view(request.path).substr(8), body, response);
  }

  void work(std::string_view name, const std::string& body, httplib::Response& response) const {
    try {
      if (name == "draw") return say_json(response, fmt::format("{{\"drawing\": {}}}", live->draw(body)));
      if (name.starts_with("likeness/")) return say_json(response, live->likeness(name.substr(9), body));
      if (name.starts_with("draw/") && name.ends_with("/stop")) {
        const auto drawing = number_in(name.substr(5, name.size() - 10));
        if (drawing && live->stop(*drawing)) return say_json(response, "{}");
      }
      say(response, 404, "there is no such thing to do\n");
    } catch (const Error& error) {
      say(response, 422, std::string(error.what()) + "\n");
    }
  }

  static void answer_exception(httplib::Response& response, const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      log_error(error.what());
    } catch (...) {
      log_error("serve > unknown exception");
    }
    say(response, 500, "the server failed at this; its log says why\n");
  }

  const Site& site;
  Live* live;
  httplib::Server http;
  std::atomic<bool> stopping = false;
  bool loopback = true;
  int bound = -1;
};

Server::Server(const Site& site, Live* live, const ServerOptions& options) : body_(std::make_unique<Body>(site, live, options)) {}
Server::~Server() = default;

int Server::port() const { return body_->bound; }

void Server::run(const std::stop_token& stop) {
  const std::stop_callback end(stop, [this] {
    body_->stopping = true;
    // A stop before the library listens would be lost.
    for (int tries = 0; tries < 200 && !body_->http.is_running(); ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    body_->http.stop();
  });
  if (!stop.stop_requested()) body_->http.listen_after_bind();
}

}  // namespace phosphene

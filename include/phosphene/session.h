// Session: what runs share: threads, loaded models, compiled searches, and where messages go.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include <phosphene/export.h>

namespace phosphene::api {

enum class LogLevel { kInfo, kWarning, kError };

struct SessionOptions {
  int threads = 0;               // 0: all cores
  size_t programs = 1;           // compiled searches to keep for later runs; each holds memory for a whole batch
  std::filesystem::path models;  // folder of the embedded models; empty: $PHOSPHENE_MODELS, else the installed one
  std::function<void(LogLevel level, std::string_view line)> log;  // called from any thread; empty: standard error
};

// A process may hold several sessions. A session is used by one thread at a time.
class PHOSPHENE_EXPORT Session {
 public:
  explicit Session(SessionOptions options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  struct Body;  // the library's own
  Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api

// Context: what a thread writes to and reads from on behalf of a session, so that no global of the process decides it. Threads that
// parallel_for() and Worker start work in the context of whoever started them.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace phosphene {

enum class LogLevel { kInfo, kWarning, kError };

struct Context {
  std::function<void(LogLevel, std::string_view)> log;  // one line, from any thread; empty: standard error
  std::filesystem::path models;                         // folder of the embedded models; empty: models_folder() finds it (installation.h)
};

// Of the calling thread: the innermost scope's, else an empty one.
const Context& context();

// Makes a context the thread's until the scope ends. Borrows it.
class ContextScope {
 public:
  explicit ContextScope(const Context& context);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  const Context* before_;
};

}  // namespace phosphene

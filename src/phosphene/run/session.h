// Session: what belongs to the process and is no global: threads, caches of models and compiled searches, the folder of models, the log.
// A process may hold several; each is used by one thread at a time.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "phosphene/base/context.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/recipe.h"
#include "phosphene/synth/search.h"

namespace phosphene {

struct SessionOptions {
  int threads = 0;      // 0: all cores
  Context context;      // log and folder of models
  size_t programs = 1;  // compiled searches that are kept; their memory is most of a process
};

class Session {
 public:
  explicit Session(SessionOptions options = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // While it lives the calling thread works with the session's log and models, and with `threads` threads (0: the session's). Everything
  // that a session is passed to makes one; what the thread had before comes back with its end.
  class Scope {
   public:
    explicit Scope(const Session& session, int threads = 0);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ContextScope context_;
    int threads_before_;
  };

  int threads() const { return threads_; }

  // The network of a recipe, as its fields say; loaded once while somebody holds it. Warns of what it takes for granted.
  std::shared_ptr<const Model> network(const Recipe& recipe);
  // The prior of a recipe for that network; likewise.
  std::shared_ptr<const Prior> prior(const Recipe& recipe, const std::shared_ptr<const Model>& network);
  // The search of that shape, for the number of threads of the calling thread's scope. The last ones stay compiled.
  std::shared_ptr<CompiledSearch> compiled(const std::shared_ptr<const Model>& network, const std::shared_ptr<const Prior>& prior,
                                           const SearchShape& shape);
  int64_t compiled_count() const { return compiled_count_; }  // how many were made in all

 private:
  struct Kept {
    std::shared_ptr<const Model> network;
    std::shared_ptr<const Prior> prior;
    SearchShape shape;
    int threads;
    std::shared_ptr<CompiledSearch> search;
  };
  int threads_;
  SessionOptions options_;
  std::map<std::string, std::weak_ptr<const Model>> networks_;
  std::map<std::string, std::weak_ptr<const Prior>> priors_;
  std::list<Kept> kept_;  // the last used first
  int64_t compiled_count_ = 0;
};

}  // namespace phosphene

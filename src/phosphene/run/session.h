// Session: the state that runs share, instead of globals: threads, caches of models and compiled searches, the folder of models, the log.
// A process may hold several sessions; each is used by one thread at a time.
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
  size_t programs = 1;  // compiled searches to keep; most of a process's memory is theirs
};

class Session {
 public:
  explicit Session(SessionOptions options = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // While a Scope lives, the calling thread uses the session's log and models, and `threads` threads (0: the session's). Every function
  // that takes a session makes a Scope; its end restores the thread's previous settings.
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

  // The network of a recipe, read according to its fields; kept in the cache while in use. Warns of what is assumed.
  std::shared_ptr<const Model> network(const Recipe& recipe);
  // The prior of a recipe for that network; cached likewise.
  std::shared_ptr<const Prior> prior(const Recipe& recipe, const std::shared_ptr<const Model>& network);
  // The search of that shape, for the number of threads of the calling thread's Scope. The most recently used stay compiled.
  std::shared_ptr<CompiledSearch> compiled(const std::shared_ptr<const Model>& network, const std::shared_ptr<const Prior>& prior,
                                           const SearchShape& shape);
  int64_t compiled_count() const { return compiled_count_; }  // searches compiled so far

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
  std::list<Kept> kept_;  // most recently used first
  int64_t compiled_count_ = 0;
};

}  // namespace phosphene

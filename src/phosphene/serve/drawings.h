// Drawings: the Live of `phosphene serve --draw`. One thread draws, one wish after the other.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "phosphene/run/session.h"
#include "phosphene/serve/likeness.h"
#include "phosphene/serve/live.h"
#include "phosphene/serve/site.h"

namespace phosphene {

class Drawings : public Live {
 public:
  explicit Drawings(const Site& site);  // borrowed
  ~Drawings() override;                 // stops the drawing under way

  uint64_t draw(std::string_view json) override;
  bool stop(uint64_t drawing) override;
  std::optional<Event> event(uint64_t drawing, size_t number, std::chrono::milliseconds patience) override;
  std::string likeness(std::string_view network, std::string_view picture) override;

 private:
  struct Drawing {
    const Site::Entry* entry = nullptr;
    int64_t layer = 0, unit = 0;
    Recipe recipe;
    std::vector<Event> events;
    std::stop_source stop;
  };

  Drawing checked(std::string_view json) const;
  void work(const std::stop_token& stop);
  void carry_out(Drawing& drawing);
  void say(Drawing& drawing, const Json& json, bool last = false);

  const Site& site_;
  Session session_;  // of the thread that draws
  Likeness likeness_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, std::shared_ptr<Drawing>> drawings_;  // the latest, by number
  std::deque<std::shared_ptr<Drawing>> waiting_;
  uint64_t next_ = 1;
  std::jthread thread_;
};

}  // namespace phosphene

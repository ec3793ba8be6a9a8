// Events of a drawing, each a line of JSON:
//
//     {"state": "waiting"}  {"state": "loading"}
//     {"step": 12, "steps": 100, "activation": 3.4, "picture": "data:image/webp;base64,..."}      a few times a second
//     {"state": "done", "steps", "seed", "activation", "rank", "probability", "percentile", "picture"}
//     {"state": "stopped"}  {"error": "..."}                                                      each of these three is the last
#include "phosphene/serve/drawings.h"

#include <algorithm>

#include "phosphene/base/base64.h"
#include "phosphene/base/error.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/base/progress.h"
#include "phosphene/run/run.h"
#include "phosphene/serve/drawable.h"

namespace phosphene {

namespace {

constexpr size_t kMostWaiting = 8, kMostKept = 64;
constexpr int64_t kMostStepsLive = 1'000, kMostSeed = 1'000'000;
constexpr auto kBetweenPictures = std::chrono::milliseconds(250);
constexpr float kQuality = 80;

std::string as_address(const Image& image, bool lossless) {
  return "data:image/webp;base64," + base64(lossless ? webp_lossless(image) : webp_lossy(image, kQuality));
}

int64_t integer_in(const Json& wish, const char* name, int64_t least, int64_t most) {
  const auto found = wish.find(name);
  if (found == wish.end() || !found->is_number_integer() || *found < least || *found > most)
    throw Error(fmt::format("{} must be a whole number from {} to {}", name, least, most), "reload the page");
  return found->get<int64_t>();
}

Json percentile_of(const Site::Entry& entry, int64_t layer, int64_t unit, double activation) {
  const auto spread = entry.readers->with([&](const Atlas& atlas) { return atlas.distribution(layer, unit); });
  return spread ? Json(spread->share_below(activation)) : Json();
}

}  // namespace

Drawings::Drawings(const Site& site) : site_(site), thread_([this](const std::stop_token& stop) { work(stop); }) {}

Drawings::~Drawings() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  for (const auto& [number, drawing] : drawings_) drawing->stop.request_stop();
  changed_.notify_all();
}

Drawings::Drawing Drawings::checked(std::string_view json) const {
  const Json wish = Json::parse(json, nullptr, false);
  if (!wish.is_object() || !wish.contains("atlas") || !wish["atlas"].is_string())
    throw Error("the wish is no JSON object with an atlas", "reload the page");
  Drawing drawing;
  for (const Site::Entry& entry : site_.atlases())
    if (entry.id == wish["atlas"]) drawing.entry = &entry;
  if (!drawing.entry) throw Error("there is no such atlas here", "reload the page");
  drawing.layer = integer_in(wish, "layer", 0, INT32_MAX);
  drawing.entry->readers->with([&](const Atlas& atlas) {
    drawing.recipe = recipe_of(atlas, drawing.layer);
    drawing.unit = integer_in(wish, "unit", 0, atlas.layer(std::to_string(drawing.layer))->units - 1);
  });
  drawing.recipe.units = std::to_string(drawing.unit);
  drawing.recipe.seeds = {static_cast<uint64_t>(integer_in(wish, "seed", 0, kMostSeed))};
  drawing.recipe.steps = integer_in(wish, "steps", 1, kMostStepsLive);
  drawing.recipe.batch = 1;
  if (wish.contains("objective") && wish["objective"].is_string()) drawing.recipe.objective = wish["objective"].get<std::string>();
  drawing.recipe.verify();
  return drawing;
}

uint64_t Drawings::draw(std::string_view json) {
  auto drawing = std::make_shared<Drawing>(checked(json));
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMostWaiting) throw Error("too many drawings wait already", "try again in a minute");
  drawing->events.push_back({R"({"state": "waiting"})"});
  waiting_.push_back(drawing);
  drawings_[next_] = drawing;
  while (drawings_.size() > kMostKept) drawings_.erase(drawings_.begin());
  changed_.notify_all();
  return next_++;
}

bool Drawings::stop(uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = drawings_.find(number);
  if (found == drawings_.end()) return false;
  found->second->stop.request_stop();
  return true;
}

std::optional<Live::Event> Drawings::event(uint64_t number, size_t which, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto found = drawings_.find(number);
  if (found == drawings_.end()) return Event{R"({"error": "this drawing is gone"})", true};
  const std::shared_ptr<Drawing> drawing = found->second;
  if (!changed_.wait_for(lock, patience, [&] { return drawing->events.size() > which; })) return std::nullopt;
  return drawing->events[which];
}

std::string Drawings::likeness(std::string_view network, std::string_view picture) {
  for (const Site::Entry& entry : site_.atlases())
    if (entry.id == network) return json_text(likeness_.of(entry, picture), -1);
  throw Error("there is no such atlas here", "reload the page");
}

void Drawings::say(Drawing& drawing, const Json& json, bool last) {
  const std::lock_guard lock(mutex_);
  drawing.events.push_back({json_text(json, -1), last});
  changed_.notify_all();
}

void Drawings::work(const std::stop_token& stop) {
  while (true) {
    std::shared_ptr<Drawing> drawing;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !waiting_.empty() || stop.stop_requested(); });
      if (stop.stop_requested()) return;
      drawing = waiting_.front();
      waiting_.pop_front();
    }
    try {
      carry_out(*drawing);
    } catch (const std::exception& error) {
      log_error(error.what());
      say(*drawing, {{"error", error.what()}}, true);
    }
  }
}

void Drawings::carry_out(Drawing& drawing) {
  if (drawing.stop.stop_requested()) return say(drawing, {{"state", "stopped"}}, true);
  say(drawing, {{"state", "loading"}});
  drawing.entry->readers->with([&](const Atlas& atlas) { network_of(atlas, drawing.recipe, session_); });
  const Plan jobs = plan(session_, Request::from(session_, drawing.recipe));
  MemorySink sink;
  RunEvents events;
  auto shown = std::chrono::steady_clock::time_point{};
  events.on_look = [&](const Look& look) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown < kBetweenPictures) return;
    shown = now;
    say(drawing,
        {{"step", look.step}, {"steps", jobs.steps()}, {"activation", look.activation}, {"picture", as_address(look.picture(), false)}});
  };
  const RunReport report = run(session_, jobs, sink, events, drawing.stop.get_token());
  if (report.stopped) return say(drawing, {{"state", "stopped"}}, true);
  if (!report.failures.empty()) throw Error(report.failures.front().error);
  const PictureRecord record = std::move(sink.take_pictures().at(0));
  const TermResult& main = record.main();
  say(drawing,
      {{"state", "done"},
       {"steps", static_cast<int64_t>(record.activations.size())},
       {"seed", record.seed},
       {"activation", main.activation},
       {"rank", main.rank},
       {"probability", main.probability ? Json(*main.probability) : Json()},
       {"percentile", percentile_of(*drawing.entry, drawing.layer, drawing.unit, main.activation)},
       {"picture", as_address(record.picture, true)}},
      true);
}

}  // namespace phosphene

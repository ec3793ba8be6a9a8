// Atlas plan: what a build draws and measures, resolved, so that the same options give the same plan on every machine.
//
// Units are drawn in passes: the first seed of all units of all layers, then the other seeds. Within a pass, layers come in the order of
// NetworkLayers::order(), units by number. A job's number in the atlas counts through passes, layers, units and seeds in this order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/atlas/layers.h"
#include "phosphene/run/request.h"

namespace phosphene {

// One of `of` equal shares of the work, 1 to `of`: part i draws the jobs whose number is i - 1 modulo `of`, and reads such pictures.
struct AtlasPart {
  int64_t index = 1, of = 1;
  static AtlasPart parse(const std::string& text);  // "3/8"; Error otherwise
  bool has(int64_t number) const { return number % of == index - 1; }
};

struct AtlasOptions {
  Recipe recipe;                                                 // of every layer; its layer and units are not used
  std::string layers;                                            // "fc8,conv4/norm:0-99": those to draw; empty: all layers, all units
  std::vector<std::string> settings;                             // "LAYER FIELD=VALUE FIELD=VALUE": fields of the recipe for one layer
  std::string data;                                              // folder of real pictures; empty: none
  int64_t most_pictures = 0;                                     // a fixed random choice of so many; 0: all
  std::string judge, judge_preprocess, judge_labels, class_map;  // a second network; empty: none
};

Json to_json(const AtlasOptions& options);
AtlasOptions atlas_options_from_json(const Json& json);  // Error for other JSON

inline constexpr int64_t kAtlasBatch = 16;  // pictures drawn at once where the recipe leaves it open: every part draws the same bits

// The units of one layer that are drawn, and how.
struct AtlasTurn {
  int64_t layer = 0;           // of NetworkLayers
  std::vector<int64_t> units;  // ascending
  Recipe recipe;               // resolved, with layer, units and all seeds
  Json request;                // Request::to_json()
};

struct AtlasPlan {
  AtlasOptions options;
  std::shared_ptr<const Model> network;
  std::shared_ptr<const Prior> prior;  // of the base recipe
  NetworkLayers layers;
  std::vector<AtlasTurn> turns;
  std::vector<std::vector<uint64_t>> passes;  // seeds: the first, then the others

  struct Job {
    int64_t number = 0, layer = 0, unit = 0;
    uint64_t seed = 0;
  };
  // All jobs of a pass and a turn, in order of number.
  std::vector<Job> jobs(size_t pass, size_t turn) const;
  // The request of those jobs: objectives outermost, as jobs() has them.
  Recipe recipe_of(size_t pass, size_t turn) const;
  // What decides the content of the atlas, without data and judge: "version", "options", "layers", "seeds".
  Json to_json() const;
};

// Loads the models and checks everything: Error for unknown layers, units or fields. `batch` and `threads` of an atlas that is continued
// stand in for those that the options leave open.
AtlasPlan plan_atlas(Session& session, AtlasOptions options);

// The first thing that differs between two plans written by to_json(), in words; empty if they agree.
std::string plan_difference(const Json& before, const Json& now);
// The first setting, set of real pictures or judge of `before` that `now` contradicts, in words; empty if both plans may have pictures in
// common. Units and seeds are not compared.
std::string plan_conflict(const Json& before, const Json& now);

}  // namespace phosphene

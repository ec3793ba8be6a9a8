// Recipe: what the user may say of a search. One struct; the table of its fields (recipe_fields.h) is shared by library, command line and
// results.json.
//
// With the same recipe and the same model files, batch and threads a search gives the same bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/engine/program.h"

namespace phosphene {

// Where in a convolutional layer the unit sits. Layers without spatial axes ignore it.
struct Place {
  enum class Kind { kCentre, kMean, kPoint };  // kMean: the mean of the channel over all positions
  Kind kind = Kind::kCentre;
  int64_t y = 0, x = 0;  // kPoint

  std::string to_string() const;           // "center", "mean", "3,4"
  static Place parse(const std::string&);  // Error otherwise
  bool operator==(const Place&) const = default;
};

inline constexpr const char* kActivation = "activation";  // of objective_kinds.h

inline constexpr int64_t kMostSteps = 1'000'000;

struct Recipe {
  std::string network;                     // as given: file or embedded name
  std::optional<uint64_t> random_weights;  // seed for Caffe definitions that are given without weights
  std::optional<uint64_t> shuffle;         // seed: the network's weights are put in random order first (model/shuffled.h)
  std::string preprocess;                  // as given, like the next four; empty: what the network's file says
  std::string labels;                      // FILE
  std::string output;                      // the value that says what a picture shows
  std::vector<std::string> fixed;          // "NAME=VALUE" or "NAME=FILE.npy" for inputs that stay as they are
  std::string input_size;                  // "HxW" where the network leaves it open
  std::string layer;                       // value name in the network
  std::string direction;      // FILE.npy, [units] or [k, units]: the units are these directions in the layer (model/directions.h)
  std::string units = "all";  // "3,17-20", "all", "3*0.5+7" (parse_objectives), "fc6:0-9,fc8:all" (split_by_layer)
  Place at;
  std::string objective = kActivation;    // as the table of objective_kinds.h names it
  std::string prior = "builtin";          // file, "builtin", "pixel", "fourier", "maco"
  std::vector<std::string> prior_fixed;   // of a generator with several inputs: "NAME=VALUE" or "NAME=FILE.npy" for those that stay
  std::vector<std::string> prior_inputs;  // and those that are searched
  std::string prior_preprocess;           // what the generator's values are as pixels; empty: what its file says
  std::optional<std::string> rule;        // parse_rule's text; absent: the prior's, as all that is absent below
  std::optional<int64_t> steps;
  std::optional<int64_t> patience;  // a job ends after so many steps in a row that raised its activation by less than kRise; 0: never
  std::optional<double> lr0;
  double lr1 = 1e-10;                // the step size goes linearly from lr0 to lr1
  std::optional<double> decay;       // factor on the code after each step
  std::string bounds = "prior";      // "prior", "none", FILE.npy ([code] upper with lower 0, or [2, code])
  std::optional<std::string> init;   // how a search starts, as the table of start.h names it: "normal", "bank", FILE.npy ...
  std::optional<std::string> views;  // "none" or parse_views' text: what the network sees of the picture; absent: the prior's
  std::vector<uint64_t> seeds = {0};
  int64_t batch = 0;  // lanes; 0: as many as cost the least (synth/lanes.h)
  std::string engine = "onednn";
  Precision precision = Precision::kFloat32;
  int threads = 0;  // 0: all cores

  // Error that names the field for numbers out of range and names that are not in their tables.
  void verify() const;
  Json to_json() const;
  static Recipe from_json(const Json& json);  // fields that are absent keep their defaults; unknown ones are an Error
  bool operator==(const Recipe&) const = default;
};

// "0-3,7" -> {0, 1, 2, 3, 7}.
std::vector<uint64_t> parse_seeds(const std::string& text);
// "8:1e-10" or "8" into lr0 and lr1.
void parse_lr(const std::string& text, Recipe& recipe);

}  // namespace phosphene

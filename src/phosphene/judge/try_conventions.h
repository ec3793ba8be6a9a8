// Which preprocessing does a classifier expect? Every named convention is tried on real pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"

namespace phosphene {

// What a classifier does with the pictures under one preprocessing.
struct ConventionTry {
  std::string words;               // as --preprocess takes them
  bool own = false;                // what the model says of itself
  std::vector<std::string> alike;  // other conventions that differ by less than 1 % of the range of values
  Preprocess preprocess;           // without sizes

  double top_probability = 0;      // mean probability of the most probable class
  double entropy = 0;              // mean, in nats
  double same_mirrored = 0;        // share of pictures whose mirror image has the same most probable class
  int64_t classes = 0;             // different most probable classes
  double recognition = 0;          // mean of log_ratios: ln of how many times likelier than by chance a picture and its mirror image agree
  std::vector<double> log_ratios;  // one a picture
  double behind = 0, behind_error = 0;  // recognition of the first over this one, and its standard error
};

struct ConventionTrial {
  int64_t pictures = 0;
  std::vector<ConventionTry> tries;  // the best recognition first
  // The first and those after it until one is two standard errors behind: 1 when the pictures decide.
  int64_t undecided() const;
};

// Up to `limit` pictures below a folder, spread evenly over the sorted names, cut to the network's input: for networks of 128 pixels and
// more the shorter side is resized to 256/224 of that and the centre taken, smaller ones see the whole picture. Files that cannot be read
// are left out with a warning. Error for an open input size, a folder without pictures.
std::vector<Image> pictures_for(const Model& model, const std::filesystem::path& folder, int64_t limit = 64);

// Error for a model that is no classifier of pictures.
ConventionTrial try_conventions(const Model& model, const std::vector<Image>& pictures, const std::string& engine);

// A table, and a sentence that says which fits best, or that the pictures do not tell.
std::string to_text(const ConventionTrial& trial);
Json to_json(const ConventionTrial& trial);

}  // namespace phosphene

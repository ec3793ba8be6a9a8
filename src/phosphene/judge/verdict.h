// Verdict: a search's pictures compared with real ones by a second network, the judge.
//
//     transfer   of the pictures whose unit is a class that the judge also has: in how many it ranks first, or among the first five
//     distance   Frechet and kernel distance between the pictures and real ones, in the judge's features
//     variety    mean distance between the pictures of one unit (one per seed), divided by that between as many real ones of its class
#pragma once

#include <optional>
#include <span>
#include <string>

#include "phosphene/base/file.h"
#include "phosphene/judge/class_map.h"
#include "phosphene/judge/distance.h"
#include "phosphene/run/outcome.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

struct VerdictOptions {
  std::string layer;           // the judge's; empty: last_features()
  ClassMap classes;            // of the searched layer's units; empty: no transfer
  int64_t real_images = 2000;  // for the distances, spread over all classes
  std::string engine = "onednn";
};

struct Verdict {
  std::string judge, layer;
  int64_t features = 0, pictures = 0, real_images = 0;
  int64_t mapped = 0, top1 = 0, top5 = 0;  // of transfer: pictures
  double frechet = 0;
  KernelDistance kernel;
  int64_t varied_units = 0;  // units with several pictures and several real ones
  double variety = 0, real_variety = 0;

  Json to_json() const;
};

// A judge for any number of searches: compiled once; reads the real pictures for the distances once.
class Judge {
 public:
  // `real` is borrowed.
  Judge(const Model& judge, const Dataset& real, VerdictOptions options);

  // The pictures of single units of `layer`, whose numbers are the data set's classes where there is a verdict on transfer or variety.
  // Error when there are fewer than two.
  Verdict on(std::span<const PictureRecord> pictures, const std::string& layer);

 private:
  Features read_real(const std::vector<int64_t>& which);

  std::string name_, layer_;
  const Dataset& real_;
  ClassMap classes_;
  FeatureReader reader_;
  Features some_;  // of real pictures, spread over all classes
};

}  // namespace phosphene

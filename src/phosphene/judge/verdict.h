// Verdict: what a second network, the judge, makes of a search's pictures beside real ones.
//
//     transfer   of the pictures whose unit is a class that the judge has too: how many have it first, or among the first five
//     distance   Frechet and kernel distance between the pictures and real ones, in the judge's features
//     variety    mean distance between the pictures of one unit from different seeds, over that between as many real ones of its class
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "phosphene/base/file.h"
#include "phosphene/judge/class_map.h"
#include "phosphene/judge/distance.h"
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

// `results` and `folder`: of a search; its pictures of single units of `layer`, whose numbers are the data set's classes where there is a
// verdict on transfer or variety. Error when there are fewer than two.
Verdict give_verdict(const Json& results, const std::filesystem::path& folder, const std::string& layer, const Model& judge,
                     const Dataset& real, const VerdictOptions& options);

}  // namespace phosphene

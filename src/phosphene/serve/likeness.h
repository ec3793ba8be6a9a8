// Likeness: what a picture excites in the network of an atlas, layer by layer.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "phosphene/engine/program.h"
#include "phosphene/run/session.h"
#include "phosphene/serve/site.h"

namespace phosphene {

class Likeness {
 public:
  // {"layers": [{"layer", "units": [{"unit", "label", "seed", "activation", "percentile"}]}]}: the units that the picture excites most
  // against what real pictures do to them, of every drawn layer; without data, those with the highest activation. Error for bytes that are
  // no picture, and where the network cannot be loaded. One call at a time computes.
  Json of(const Site::Entry& entry, std::string_view picture);

 private:
  struct Network {
    std::shared_ptr<const Model> model;
    std::vector<int64_t> layers;       // ids
    std::vector<std::string> values;   // in the program, units on axis 1
    std::unique_ptr<Program> program;  // batch 1
  };
  const Network& network(const Site::Entry& entry);

  std::mutex mutex_;
  Session session_;
  std::map<std::string, Network> networks_;  // by atlas
};

}  // namespace phosphene

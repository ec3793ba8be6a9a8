// Units that no real picture excites.
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"

namespace phosphene {

struct SilentUnits {
  std::string layer;
  std::vector<int64_t> units;  // never above zero
  int64_t count = 0;           // of all units of the layer
};

// Every ReLU layer that has such units, in the graph's order. The pictures have the network's size.
std::vector<SilentUnits> silent_units(const Model& model, const Preprocess& preprocess, const std::vector<Image>& pictures,
                                      const std::string& engine);

}  // namespace phosphene

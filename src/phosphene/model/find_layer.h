// Names of layers as users write them.
#pragma once

#include <string>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

// A layer found by value name, node name, the path of a module as the exporter wrote it ("layer4.1.conv2", "block5_conv3": the module's
// last value), or a unique part of a name; gives the value's name. Error lists the candidates or the nearest names.
std::string find_layer(const Model& model, const std::string& text);
// For every node the short path by which find_layer() knows its value: "layer4.1.conv2"; where there is none, the value's name.
std::vector<std::string> layer_paths(const Graph& graph);

}  // namespace phosphene

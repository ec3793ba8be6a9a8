// Caffe's two file forms as messages of one form. For the sources of formats/caffe only.
#pragma once

#include <filesystem>

#include <phosphene_caffe.pb.h>

namespace phosphene::caffe {

// A definition. Error "file:line:column" for text that is no definition; a field that is not known is skipped, with a warning where it
// could mean something.
NetParameter parse_definition(const std::filesystem::path& file);
// A network with weights. Error when it is cut short or something else.
NetParameter parse_weights(const std::filesystem::path& file);

// Layers of the older forms `layers { type: RELU }` and `layers { layer { type: "relu" } }` rewritten as `layer { type: "ReLU" }`.
void upgrade(NetParameter& net);

}  // namespace phosphene::caffe

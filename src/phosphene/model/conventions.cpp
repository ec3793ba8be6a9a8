#include "phosphene/model/conventions.h"

#include <algorithm>

namespace phosphene {

namespace {

constexpr Convention kConventions[] = {
    {"caffe", "bgr range=0..255 mean=104,117,123", "Caffe"},
    {"keras", "bgr range=0..255 mean=103.939,116.779,123.68", "VGG and ResNet of keras.applications"},
    {"torchvision", "rgb range=0..1 mean=0.485,0.456,0.406 std=0.229,0.224,0.225 resize=256/224", "torchvision, most of PyTorch", 224},
    {"tf", "rgb range=-1..1", "Inception, MobileNet and ResNet v2 of TensorFlow and Keras"},
    {"none", "rgb range=0..255", "networks that begin with their own normalisation"},
};

}  // namespace

std::span<const Convention> conventions() { return kConventions; }

const Convention* find_convention(const std::string& name) {
  const auto* found = std::find_if(std::begin(kConventions), std::end(kConventions), [&](const Convention& c) { return name == c.name; });
  return found == std::end(kConventions) ? nullptr : found;
}

}  // namespace phosphene

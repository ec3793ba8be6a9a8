// Conventions: the named ways in which pixels become a network's input.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

struct Convention {
  const char* name;
  const char* words;  // as parse_preprocess() reads them
  const char* users;  // whose networks want it
  int64_t size = 0;   // of networks that leave theirs open; 0: it does not say
};

// Sources: Caffe's ImageNet means rounded as in its examples; torchvision's ImageNet weights; the modes "caffe" (the default) and "tf" of
// keras.applications.imagenet_utils.preprocess_input, whose third mode "torch" is torchvision's.
std::span<const Convention> conventions();
const Convention* find_convention(const std::string& name);  // null for an unknown name

}  // namespace phosphene

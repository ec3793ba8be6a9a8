// Preprocessing as a user writes it for a network whose file does not say.
#pragma once

#include <string>

#include "phosphene/model/model.h"

namespace phosphene {

// Words in any order, separated by spaces or semicolons; what is not said keeps the value of `base`.
//
//     caffe, keras, torchvision, tf, none   a named convention (conventions.h); the other words override what it says
//     rgb, bgr, grey                        the colour order; between rgb and bgr the means and deviations move with their colours
//     range=A..B                            pixel 0 becomes A and pixel 255 becomes B, before mean and std (none, unless given)
//     mean=R,G,B  std=R,G,B                 in the network's channel order; one number stands for all channels; std is also deviation
//     scale=S                               the factor on the pixel that a range gives otherwise; may be a fraction, 1/255
//     size=HxW, size=N                      of the network's picture
//     resize=N, resize=A/B                  shorter side before the centre is cut out: in pixels, or as a share of the size
//                                           (of 128 or more; smaller networks see the whole picture)
//
// The same with commas between the words and slashes between the numbers: "order=bgr,range=0..255,mean=104/117/123,size=227". A grey
// network takes from a convention the average over the colours. Error "preprocess > ..." for a word that is not understood.
Preprocess parse_preprocess(const std::string& text, const Preprocess& base = {});

// Words that give this preprocessing again: "caffe size=227x227", "rgb range=0..1 mean=0.5 std=0.25".
std::string preprocess_words(const Preprocess& preprocess);

inline constexpr const char* kPreprocessHelp =
    "How pixels become the network's input: caffe, keras, torchvision, tf or none, words that override it, or both, as \"caffe rgb\" or "
    "\"bgr "
    "range=0..1 mean=0.4,0.5,0.6 std=1 size=227x227\" (default: what the model file says)";

}  // namespace phosphene

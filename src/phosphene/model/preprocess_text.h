// Preprocessing as a user writes it for a network whose file does not say.
#pragma once

#include <string>

#include "phosphene/model/model.h"

namespace phosphene {

// "bgr scale=1 mean=104,117,123 deviation=1,1,1 size=227x227 resize=256": words in any order, separated by spaces or semicolons.
// rgb, bgr or grey; a scale may be a fraction (1/255); one number for mean or deviation stands for all channels; size=N is N x N.
// The same with commas between the words and slashes between the numbers:
// "order=bgr,scale=1,mean=104/117/123,std=1/1/1,size=227,resize=256". What is not said keeps the value of `base`. Error "preprocess > ..."
// for a word that is not understood.
Preprocess parse_preprocess(const std::string& text, const Preprocess& base = {});
// Colours and numbers in that form, without sizes: "bgr scale=1 mean=104,117,123 deviation=1,1,1".
std::string preprocess_text(const Preprocess& preprocess);
inline constexpr const char* kPreprocessHelp =
    "How pixels 0..255 become the network's input, as \"bgr scale=1/255 mean=0.4,0.5,0.6 deviation=1 size=227x227 resize=256\"";

}  // namespace phosphene

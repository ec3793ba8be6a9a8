// What several subcommands read the same way from the command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

// "order=bgr,scale=1,mean=104/117/123,std=1/1/1,resize=256,size=227" (size also as HEIGHTxWIDTH) changes the named fields of `base`. Mean
// and std are in the network's channel order. Error for an unknown key or a number that is none.
Preprocess parse_preprocess(const std::string& text, Preprocess base);

// "NAME=FILE" -> both; without "=" the name is empty.
std::pair<std::string, std::string> parse_assignment(const std::string& text);

// The one --preprocess and --labels that stand in for what a file does not say. Empty texts change nothing.
struct MeaningOptions {
  std::string preprocess, labels;
};
Model load_model_with(const std::string& name_or_file, const MeaningOptions& options);

}  // namespace phosphene

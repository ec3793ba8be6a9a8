// Code drawer: a prior compiled to draw pictures of any number of codes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/engine/program.h"
#include "phosphene/synth/prior.h"

namespace phosphene {

struct CodeDrawerOptions {
  std::string engine = "onednn";
  Precision precision = Precision::kFloat32;
  int64_t batch = 16;
};

class CodeDrawer {
 public:
  // Borrows the prior.
  CodeDrawer(const Prior& prior, const CodeDrawerOptions& options);
  // Codes [n, code]. Error if the number of values is no multiple of a code's.
  std::vector<Image> draw(std::span<const float> codes);

 private:
  const Prior& prior_;
  int64_t batch_;
  std::unique_ptr<Program> program_;
};

}  // namespace phosphene

#include "phosphene/synth/code_drawer.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

CodeDrawer::CodeDrawer(const Prior& prior, const CodeDrawerOptions& options)
    : prior_(prior),
      batch_(options.batch),
      program_(find_engine(options.engine)
                   .compile(prior.graph, {.batch = options.batch, .values = {prior.image}, .precision = options.precision})) {}

std::vector<Image> CodeDrawer::draw(std::span<const float> codes) {
  const auto size = static_cast<size_t>(prior_.code_size), batch = static_cast<size_t>(batch_);
  if (codes.empty() || codes.size() % size)
    throw Error(fmt::format("{} values are no codes of {}", codes.size(), size), "give one code after the other")
        .at("prior " + prior_.name);
  std::vector<Image> images;
  while (!codes.empty()) {
    const size_t here = std::min(batch, codes.size() / size);
    std::ranges::copy(codes.first(here * size), program_->input(prior_.code).begin());  // the other lanes draw what they did before
    program_->forward();
    const std::span<const float> values = program_->value(prior_.image);
    const size_t one = values.size() / batch;
    for (size_t i = 0; i < here; ++i)
      images.push_back(prior_.picture.preprocess.to_image(values.subspan(i * one, one), prior_.picture.height, prior_.picture.width));
    codes = codes.subspan(here * size);
  }
  return images;
}

}  // namespace phosphene

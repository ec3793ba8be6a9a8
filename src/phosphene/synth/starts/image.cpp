// y = E(x): the code that the prior's encoder gives a picture (encoder.h), the same for all jobs.
#include <algorithm>

#include "phosphene/synth/encoder.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

FillStart start_from_image(const StartRequest& request) {
  return [start = code_of_image(request.prior, request.network, request.argument, request.recipe.engine)](
             const JobName&, size_t, std::span<float> code) { std::ranges::copy(start, code.begin()); };
}

}  // namespace

extern const Start kImageStart = {.name = "image",
                                  .argument = "FILE",
                                  .needs_argument = true,
                                  .reads_file = true,
                                  .about = "the code that the prior's encoder gives a JPEG or PNG",
                                  .prepare = start_from_image};

}  // namespace phosphene

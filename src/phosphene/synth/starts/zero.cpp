// y = 0.
#include "phosphene/synth/start.h"

namespace phosphene {

extern const Start kZeroStart = {.name = "zero", .about = "the zero code", .prepare = [](const StartRequest&) -> FillStart {
                                   return [](const JobName&, size_t, std::span<float>) {};
                                 }};

}  // namespace phosphene

// The onednn engine: oneDNN primitives in their preferred layouts, weights laid out once, activations fused, all memory planned; float32 or
// bfloat16 with float32 sums. Operators without a primitive run through the reference kernels. The default on a CPU.
#pragma once

#include "phosphene/engine/program.h"

namespace phosphene {

const Engine& onednn_engine();
// The processor has instructions for products of bf16 (AVX512_BF16, AMX).
bool onednn_multiplies_bf16();

}  // namespace phosphene

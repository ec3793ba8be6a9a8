// oneDNN's answer: a set of bits, each machine's a superset of those before it.
#include "phosphene/engine/onednn/vectors.h"

#include <dnnl.hpp>

namespace phosphene::onednn {

bool has_avx512(bool bf16) {
  using Isa = dnnl::cpu_isa;
  static const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto wanted = static_cast<unsigned>(bf16 ? Isa::avx512_core_bf16 : Isa::avx512_core);
  return (isa & wanted) == wanted;
}

}  // namespace phosphene::onednn

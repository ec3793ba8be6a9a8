// oneDNN's answer: a set of bits, each machine's a superset of those before it.
#include "phosphene/engine/onednn/vectors.h"

#include <dnnl.hpp>

namespace phosphene::onednn {

namespace {

bool may_use(dnnl::cpu_isa wanted) {
  static const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

}  // namespace

bool has_avx512(bool bf16) { return may_use(bf16 ? dnnl::cpu_isa::avx512_core_bf16 : dnnl::cpu_isa::avx512_core); }

bool has_amx() { return may_use(dnnl::cpu_isa::avx512_core_amx); }

bool has_avx2() { return may_use(dnnl::cpu_isa::avx2); }

}  // namespace phosphene::onednn

// The table of engines, and the small things that all of them share: threads and the names of precisions.
#include <omp.h>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/engine/onednn/onednn_engine.h"
#include "phosphene/engine/program.h"
#include "phosphene/engine/reference/reference_engine.h"
#include "phosphene/engine/torch_module.h"

namespace phosphene {

namespace {

std::vector<const Engine*> table() { return {&onednn_engine(), &reference_engine()}; }

}  // namespace

const Engine& find_engine(const std::string& name) {
  for (const Engine* engine : table())
    if (engine->name() == name) return *engine;
  if (is_torch_engine(name)) return torch_engine(name);
  throw Error(fmt::format("unknown engine \"{}\"", name), fmt::format("use one of: {}", engine_choices()));
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const Engine* engine : table()) names.push_back(engine->name());
  for (const std::string& name : torch_engine_names()) names.push_back(name);
  return names;
}

std::string engine_choices() { return fmt::format("{}", fmt::join(engine_names(), ", ")); }

void set_threads(int threads) { omp_set_num_threads(threads > 0 ? threads : core_count()); }

int threads() { return omp_get_max_threads(); }

const char* to_string(Precision precision) { return precision == Precision::kBfloat16 ? "bf16" : "f32"; }

Precision parse_precision(const std::string& text) {
  if (text == "f32") return Precision::kFloat32;
  if (text == "bf16") return Precision::kBfloat16;
  if (text == "auto") return onednn_multiplies_bf16() ? Precision::kBfloat16 : Precision::kFloat32;
  throw Error(fmt::format("unknown precision \"{}\"", text), "use f32, bf16 or auto");
}

}  // namespace phosphene

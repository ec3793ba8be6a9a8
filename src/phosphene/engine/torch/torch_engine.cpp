// The module's one door: the engines `torch` and `torch:cuda`.
#include "phosphene/base/error.h"
#include "phosphene/engine/torch/torch_program.h"

#include <omp.h>
#include <ext/stdio_sync_filebuf.h>

#include <iostream>

#include <ATen/Parallel.h>

namespace phosphene {

namespace {

class TorchEngine : public Engine {
 public:
  TorchEngine(std::string name, at::Device device) : name_(std::move(name)), device_(device) {}
  std::string name() const override { return name_; }
  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) const override {
    at::set_num_threads(omp_get_max_threads());  // libtorch may bring an OpenMP of its own
    return std::make_unique<aten::TorchProgram>(graph, options, device_);
  }

 private:
  std::string name_;
  at::Device device_;
};

// A program that names std::cerr has a copy of it, which the linker put there and libstdc++ constructs; what is loaded with names of its
// own (torch_module.cpp) sees the original, which nobody has constructed. libtorch writes its warnings to it.
void construct_standard_error() {
  if (*reinterpret_cast<void* const*>(&std::cerr)) return;                         // it has its virtual table
  new (&std::cerr) std::ostream(new __gnu_cxx::stdio_sync_filebuf<char>(stderr));  // for good, as libstdc++ makes it
  std::cerr.setf(std::ios::unitbuf);
}

const Engine& cuda_engine() {
  if (!at::hasCUDA())
    throw Error("no CUDA device",
                "see that nvidia-smi lists one and that libtorch is a build with CUDA (Debian's is not), or use --engine torch");
  // Float32 means float32, and the same recipe the same bits.
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  static const TorchEngine engine("torch:cuda", at::Device(at::kCUDA, 0));
  return engine;
}

}  // namespace

}  // namespace phosphene

// The engine of this name, which lives as long as the process. Error where its device is not there.
extern "C" __attribute__((visibility("default"))) const phosphene::Engine* phosphene_torch_engine(const char* name) {
  using namespace phosphene;
  construct_standard_error();
  if (std::string(name) == "torch:cuda") return located("engine torch:cuda", [] { return &cuda_engine(); });
  static const TorchEngine engine("torch", at::Device(at::kCPU));
  return &engine;
}

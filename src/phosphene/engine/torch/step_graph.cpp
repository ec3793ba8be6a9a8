// Recording on a stream of its own, as CUDA demands; all passes share one pool of memory since they are replayed in the order of recording.
#include "phosphene/engine/torch/step_graph.h"

#ifdef PHOSPHENE_CUDA_GRAPHS
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace phosphene::aten {

#ifdef PHOSPHENE_CUDA_GRAPHS

namespace {

constexpr int kWarmUps = 3;  // as many as PyTorch's own recorder makes

class CudaStepGraph : public StepGraph {
 public:
  explicit CudaStepGraph(const std::vector<std::function<void()>>& passes) {
    const at::cuda::CUDAStream stream = at::cuda::getStreamFromPool();
    at::cuda::getCurrentCUDAStream().synchronize();  // the inputs have arrived
    const c10::cuda::CUDAStreamGuard guard(stream);
    for (int run = 0; run < kWarmUps; ++run)
      for (const auto& pass : passes) pass();
    stream.synchronize();
    const auto pool = at::cuda::graph_pool_handle();
    for (const auto& pass : passes) {
      graphs_.push_back(std::make_unique<at::cuda::CUDAGraph>());
      graphs_.back()->capture_begin(pool);
      try {
        pass();
      } catch (...) {
        try {
          graphs_.back()->capture_end();
        } catch (const std::exception&) {  // the broken capture ends with an error of its own
        }
        throw;
      }
      graphs_.back()->capture_end();
    }
  }
  void replay(size_t pass) override { graphs_.at(pass)->replay(); }

 private:
  std::vector<std::unique_ptr<at::cuda::CUDAGraph>> graphs_;
};

}  // namespace

bool StepGraph::available() { return true; }

std::unique_ptr<StepGraph> StepGraph::record(const std::vector<std::function<void()>>& passes) {
  try {
    return std::make_unique<CudaStepGraph>(passes);
  } catch (const std::exception&) {
    return nullptr;
  }
}

#else

bool StepGraph::available() { return false; }
std::unique_ptr<StepGraph> StepGraph::record(const std::vector<std::function<void()>>&) { return nullptr; }

#endif

}  // namespace phosphene::aten

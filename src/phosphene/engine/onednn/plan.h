// Plan: the flat list of steps that a program runs, and the one block of memory that they share.
//
// Buffers are named by number. After every step is known, finish() gives each buffer a place: two buffers may share bytes when no step
// needs both. What forward() leaves for backward(), and what the caller sees, keeps its place for good, so that backward() may run again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "phosphene/engine/onednn/dnnl_compat.h"
#include "phosphene/engine/program.h"

namespace phosphene::onednn {

// A laid-out array: a buffer and how its values lie there.
struct Mem {
  int buffer = -1;
  Desc desc;
  explicit operator bool() const { return buffer >= 0; }
};

enum class Phase { kLayout, kForward, kBackward };  // kLayout: a weight goes into an engine layout; runs when the weight has changed

using Arguments = std::vector<std::pair<int, Mem>>;  // DNNL_ARG_*, where

struct Step {
  std::string label, implementation;
  dnnl::primitive primitive;
  std::function<void()> body;  // instead of a primitive
  Arguments arguments;         // what the step reads and writes (for a body under any numbers)
  Desc scratchpad;
  std::unordered_map<int, dnnl::memory> bound;
};

class Plan {
 public:
  explicit Plan(int thread_count);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  const dnnl::engine& engine() const { return engine_; }
  dnnl::primitive_attr attributes() const;  // scratchpad supplied by the plan

  // A buffer of the shared block; of memory that the caller owns; one that keeps its bytes for the life of the plan.
  Mem allocate(const Desc& desc);
  Mem borrow(const Desc& desc, void* bytes);
  void pin(const Mem& mem);
  bool is_borrowed(const Mem& mem) const { return buffers_.at(static_cast<size_t>(mem.buffer)).borrowed != nullptr; }
  bool is_pinned(const Mem& mem) const { return buffers_.at(static_cast<size_t>(mem.buffer)).pinned; }

  // Steps are appended to the current phase.
  void set_phase(Phase phase) { phase_ = phase; }
  Phase phase() const { return phase_; }
  template <typename PrimitiveDesc, typename Primitive>
  void add(const std::string& label, const PrimitiveDesc& description, const Primitive& primitive, Arguments arguments) {
    Step step;
    step.label = label;
    step.implementation = description.impl_info_str();
    step.primitive = primitive;
    step.arguments = std::move(arguments);
    step.scratchpad = description.scratchpad_desc();
    append(std::move(step));
  }
  void add_body(const std::string& label, const std::string& implementation, Arguments arguments, std::function<void()> body);
  size_t step_count(Phase phase) const { return steps_[static_cast<size_t>(phase)].size(); }

  // Places all buffers, zeroes them and binds every step.
  void finish();
  void run(Phase phase);
  std::vector<StepTime> profile();  // runs the forward and the backward phase
  void run_layout(size_t index) { run_step(steps_[0][index]); }

  void* data(const Mem& mem) const;  // after finish(); the start of the buffer
  int64_t bytes() const { return block_bytes_; }
  std::string to_string() const;

 private:
  struct Buffer {
    size_t bytes = 0;
    void* borrowed = nullptr;
    bool pinned = false;
    int first = -1, last = -1;
    size_t offset = 0;
  };
  void append(Step step);
  void run_step(Step& step);
  void find_lifetimes();
  size_t place_buffers();

  dnnl::engine engine_;
  dnnl::stream stream_;
  int threads_;
  Phase phase_ = Phase::kForward;
  std::vector<Buffer> buffers_;
  std::vector<Step> steps_[3];
  char* block_ = nullptr;
  int64_t block_bytes_ = 0;
  size_t scratchpad_ = 0;
};

// "bf16 [128, 64, 32, 32] strides ... blocks 16c": short text of a layout.
std::string to_string(const Desc& desc);

}  // namespace phosphene::onednn

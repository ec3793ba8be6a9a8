// Memory: buffers by falling size; each goes to the smallest gap, among the buffers alive at the same time and already placed, that holds
// it.
#include "phosphene/engine/onednn/plan.h"

#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "phosphene/base/error.h"

namespace phosphene::onednn {

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

Plan::Plan(int thread_count) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), threads_(thread_count) {
  if (threads_ > 0) omp_set_num_threads(threads_);
}

Plan::~Plan() { std::free(block_); }

dnnl::primitive_attr Plan::attributes() const {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

Mem Plan::allocate(const Desc& desc) {
  Buffer buffer;
  buffer.bytes = round_up(std::max<size_t>(desc.get_size(), 1), kAlignment);
  buffers_.push_back(buffer);
  return {static_cast<int>(buffers_.size()) - 1, desc};
}

Mem Plan::borrow(const Desc& desc, void* bytes) {
  Buffer buffer;
  buffer.borrowed = bytes;
  buffers_.push_back(buffer);
  return {static_cast<int>(buffers_.size()) - 1, desc};
}

void Plan::pin(const Mem& mem) { buffers_.at(static_cast<size_t>(mem.buffer)).pinned = true; }

void Plan::append(Step step) {
  for (const auto& [argument, mem] : step.arguments) {
    PHOSPHENE_CHECK(mem.buffer >= 0 && mem.buffer < static_cast<int>(buffers_.size()));
    if (phase_ == Phase::kLayout) pin(mem);
  }
  steps_[static_cast<size_t>(phase_)].push_back(std::move(step));
}

void Plan::add_body(const std::string& label, const std::string& implementation, Arguments arguments, std::function<void()> body) {
  Step step;
  step.label = label;
  step.implementation = implementation;
  step.arguments = std::move(arguments);
  step.body = std::move(body);
  append(std::move(step));
}

void Plan::find_lifetimes() {
  const int forward = static_cast<int>(steps_[1].size());
  for (int phase = 1; phase <= 2; ++phase) {
    int time = phase == 1 ? 0 : forward;
    for (const Step& step : steps_[phase]) {
      for (const auto& [argument, mem] : step.arguments) {
        Buffer& buffer = buffers_[static_cast<size_t>(mem.buffer)];
        if (buffer.first < 0) buffer.first = time;
        buffer.last = time;
      }
      ++time;
    }
  }
  for (Buffer& buffer : buffers_) {
    if (buffer.pinned) buffer.first = 0;
    if (buffer.pinned || (buffer.first >= 0 && buffer.first < forward && buffer.last >= forward))
      buffer.last = std::numeric_limits<int>::max();
  }
}

size_t Plan::place_buffers() {
  std::vector<Buffer*> order;
  for (Buffer& buffer : buffers_)
    if (!buffer.borrowed && buffer.first >= 0) order.push_back(&buffer);
  std::stable_sort(order.begin(), order.end(), [](const Buffer* a, const Buffer* b) { return a->bytes > b->bytes; });
  std::vector<const Buffer*> placed;  // by offset
  size_t total = 0;
  for (Buffer* buffer : order) {
    size_t end = 0, best = std::numeric_limits<size_t>::max(), best_gap = best;
    for (const Buffer* other : placed) {
      if (other->last < buffer->first || other->first > buffer->last) continue;
      if (other->offset > end && other->offset - end >= buffer->bytes && other->offset - end < best_gap) {
        best = end;
        best_gap = other->offset - end;
      }
      end = std::max(end, other->offset + other->bytes);
    }
    buffer->offset = best_gap == std::numeric_limits<size_t>::max() ? end : best;
    total = std::max(total, buffer->offset + buffer->bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), buffer, [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; }),
        buffer);
  }
  return total;
}

void* Plan::data(const Mem& mem) const {
  const Buffer& buffer = buffers_.at(static_cast<size_t>(mem.buffer));
  return buffer.borrowed ? buffer.borrowed : block_ + buffer.offset;
}

void Plan::finish() {
  find_lifetimes();
  const size_t total = place_buffers();
  size_t scratchpad = 0;
  for (const auto& steps : steps_)
    for (const Step& step : steps)
      if (step.primitive) scratchpad = std::max(scratchpad, step.scratchpad.get_size());
  scratchpad_ = round_up(total, kAlignment);
  block_bytes_ = static_cast<int64_t>(round_up(scratchpad_ + scratchpad + kAlignment, kHugePage));
  block_ = static_cast<char*>(std::aligned_alloc(kHugePage, static_cast<size_t>(block_bytes_)));
  if (!block_) throw Error(fmt::format("{} MiB of memory are not available", block_bytes_ >> 20), "use a smaller batch");
  madvise(block_, static_cast<size_t>(block_bytes_), MADV_HUGEPAGE);
  std::memset(block_, 0, static_cast<size_t>(block_bytes_));
  for (auto& steps : steps_)
    for (Step& step : steps) {
      if (!step.primitive) continue;
      for (const auto& [argument, mem] : step.arguments) step.bound.insert_or_assign(argument, dnnl::memory(mem.desc, engine_, data(mem)));
      if (step.scratchpad.get_size() > 0)
        step.bound.insert_or_assign(DNNL_ARG_SCRATCHPAD, dnnl::memory(step.scratchpad, engine_, block_ + scratchpad_));
    }
}

void Plan::run_step(Step& step) {
  if (step.body)
    step.body();
  else
    step.primitive.execute(stream_, step.bound);
}

void Plan::run(Phase phase) {
  if (threads_ > 0) omp_set_num_threads(threads_);
  for (Step& step : steps_[static_cast<size_t>(phase)]) run_step(step);
}

std::vector<StepTime> Plan::profile() {
  if (threads_ > 0) omp_set_num_threads(threads_);
  std::vector<StepTime> times;
  for (const Phase phase : {Phase::kForward, Phase::kBackward})
    for (Step& step : steps_[static_cast<size_t>(phase)]) {
      const auto start = std::chrono::steady_clock::now();
      run_step(step);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      times.push_back({phase == Phase::kForward ? "forward" : "backward", step.label, step.implementation, taken.count()});
    }
  return times;
}

std::string to_string(const Desc& desc) {
  const Blocks blocks = blocks_of(desc);
  std::string inner;
  for (size_t i = 0; i < blocks.inner_sizes.size(); ++i)
    inner += fmt::format("{}{}", blocks.inner_sizes[i], static_cast<char>('a' + blocks.inner_axes[i]));
  std::vector<int> order(blocks.strides.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return blocks.strides[static_cast<size_t>(a)] > blocks.strides[static_cast<size_t>(b)]; });
  std::string axes;
  for (int axis : order) axes += static_cast<char>('a' + axis);
  return fmt::format("{} [{}] {}{}",
                     kind_of(desc) == DataKind::bf16  ? "bf16"
                     : kind_of(desc) == DataKind::f32 ? "f32"
                                                      : "raw",
                     fmt::join(dims_of(desc), ", "), axes, inner);
}

std::string Plan::to_string() const {
  static const char* const kPhases[] = {"layout", "forward", "backward"};
  std::string text;
  for (size_t phase = 0; phase < 3; ++phase)
    for (const Step& step : steps_[phase]) {
      text += fmt::format("{:8} {:40} {:28}", kPhases[phase], step.label, step.implementation);
      for (const auto& [argument, mem] : step.arguments) text += " " + onednn::to_string(mem.desc);
      text += "\n";
    }
  return text;
}

}  // namespace phosphene::onednn

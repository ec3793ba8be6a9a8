// Program: a graph compiled for one batch size and one set of wanted values and gradients, with all memory planned.
//
//     program->input("code")      fill it
//     program->forward()          wanted values may be asked for
//     program->seed("fc8")        fill it: dL/d(fc8)
//     program->backward()         wanted gradients may be asked for: dL/d(code)
//
// All arrays that cross this border are float32, row-major, in the graph's own shapes (NCHW), whatever precision and layout the engine
// computes in. A span stays valid for the life of the program, its contents until the next forward() or backward(). Call value() or
// gradient() after a pass to fetch results; a device copies nothing until then. After take() or InputAscent::ascend(), ask again for the
// span of the input or seed that was written.
//
// Nothing is compiled after construction, and the arrays of all values and gradients are planned then. A pass may still allocate working
// memory: kernels do (the reference engine, and operators without a fast lowering), and so does torch.
// One thread uses a program at a time, any thread; programs share nothing that changes, so several threads may run several programs.
// An engine computes with the number of threads that was set when the program was compiled; onednn sets that number again for the
// thread that calls forward() or backward().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "phosphene/engine/exchange.h"
#include "phosphene/graph/graph.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

enum class Precision { kFloat32, kBfloat16 };  // of activations, weights and their gradients inside; sums are float32 at least

const char* to_string(Precision precision);
// "f32", "bf16", or "auto": bf16 where the processor multiplies it, else f32. Error otherwise.
Precision parse_precision(const std::string& text);

struct CompileOptions {
  int64_t batch = 1;                   // 0: the inputs' shapes are all known and stay
  std::vector<std::string> values;     // wanted after forward(); any value of the graph
  std::vector<std::string> seeds;      // values at which backward() starts; need not be in `values`
  std::vector<std::string> gradients;  // wanted after backward(): graph inputs or (with mutable_weights) weights
  bool mutable_weights = false;        // set_weight() may be called; then no pass folds weights
  Precision precision = Precision::kFloat32;
  ImageSize size;  // for graphs whose image size is open
};

// One step of a program and the time it took.
struct StepTime {
  std::string phase, label, implementation;  // "forward", "conv1 + activation", "jit:avx512_core"
  double seconds = 0;
};

class InputAscent;      // ascent.h
class WeightOptimiser;  // optimiser.h

class Program {
 public:
  virtual ~Program() = default;

  // Buffer of a graph input; what the caller writes stays until written again. Zero at first. Error for an unknown name.
  virtual std::span<float> input(const std::string& name) = 0;
  // Replaces a weight (same size); it is laid out anew for the engine. Only with mutable_weights, and not a weight that optimiser() trains.
  virtual void set_weight(const std::string& name, std::span<const float> values) = 0;

  virtual void forward() = 0;
  virtual std::span<const float> value(const std::string& name) = 0;

  // Buffer of dL/d(value) at a seed; zero at first; kept between calls.
  virtual std::span<float> seed(const std::string& name) = 0;
  // Needs a forward() before it with the same inputs. Gradients are overwritten, not accumulated.
  virtual void backward() = 0;
  virtual std::span<const float> gradient(const std::string& name) = 0;

  // Rows of an input or a seed become rows of an array of another program, each times its factor where factors are given. Both rows have
  // the same size. Spans of the input or seed must be asked for again. Here and below: on the host, unless both programs share a device.
  virtual void take(const Part& to, Program& from, const Part& part, int64_t rows, std::span<const float> factors = {});
  // The squared error between a value of this program and an array of another, of the same size; its gradient goes to the value's seed.
  virtual double seed_squared_error(const std::string& of, Program& from, const Part& target, const SquaredErrorOptions& options);

  // Trains the weights whose gradients are wanted where they lie. Null: it cannot; the caller reads gradients and sets weights.
  virtual WeightOptimiser* optimiser() { return nullptr; }
  // Moves an input whose gradient is wanted where it lies. Null: it cannot; the caller reads gradients and writes the input.
  virtual InputAscent* ascent() { return nullptr; }

  virtual const Graph& graph() const = 0;     // as prepared: shapes of all values
  virtual int64_t bytes() const = 0;          // memory that the program holds, weights included
  virtual std::string to_string() const = 0;  // the plan, one line a step
  // One more forward() and backward() with every step timed, in order. Empty from engines that have no steps to tell apart.
  virtual std::vector<StepTime> profile() { return {}; }
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  // Error for operators or options that this engine lacks.
  virtual std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) const = 0;
};

// "onednn" or "reference", and "torch" or "torch:cuda" where the build has them; the names are in the table of engine/engines.cpp. Error
// for another name, and for an engine whose device is not there.
const Engine& find_engine(const std::string& name);
std::vector<std::string> engine_names();
// The names, joined: for help and errors.
std::string engine_choices();

// Number of threads for the programs that the calling thread compiles from now on (0: all cores). A program keeps its number. Other
// threads of the process keep theirs: each sets its own before it compiles.
void set_threads(int threads);
int threads();  // the number for the calling thread

}  // namespace phosphene

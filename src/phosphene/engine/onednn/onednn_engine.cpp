// A program is the caller's arrays (inputs, seeds, weights) and a plan that reads them.
#include "phosphene/engine/onednn/onednn_engine.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/engine/named.h"
#include "phosphene/engine/onednn/lower.h"
#include "phosphene/engine/onednn/vectors.h"

namespace phosphene {

namespace {

using onednn::Mem;
using Arrays = std::map<std::string, std::vector<float>>;

class OnednnProgram : public Program {
 public:
  OnednnProgram(const Graph& graph, const CompileOptions& options) : options_(options), plan_(threads()) {
    graph_ = prepare(graph, options.batch, wanted_values(options), options.mutable_weights, options.size);
    for (const std::string& name : options.gradients)
      if (!graph_.find_input(name) && !(options.mutable_weights && graph_.weights.contains(name)))
        throw Error(fmt::format(
            "the gradient of \"{}\" is wanted, which is neither an input nor a mutable weight that the wanted values need", name));

    onednn::Lowering::Border border;
    const auto array = [](Arrays& arrays, const std::string& name, const Shape& shape) {
      auto& values = arrays[name];
      values.assign(static_cast<size_t>(std::max<int64_t>(shape.size(), 1)), 0.0f);
      return values.data();
    };
    for (const GraphInput& input : graph_.inputs) border.inputs[input.name] = array(inputs_, input.name, input.type.shape);
    for (const std::string& name : options.seeds) border.seeds[name] = array(seeds_, name, graph_.type_of(name).shape);
    for (const auto& [name, tensor] : graph_.weights) {
      const bool shared = tensor->type() == DataType::kFloat32 && !options.mutable_weights && tensor->size() > 0;
      if (shared) {
        border.weights[name] = const_cast<float*>(tensor->floats().data());  // read only
        continue;
      }
      float* values = array(weights_, name, tensor->shape());
      if (tensor->type() == DataType::kFloat32)
        std::copy(tensor->floats().begin(), tensor->floats().end(), values);
      else
        std::copy(tensor->ints().begin(), tensor->ints().end(), values);
      border.weights[name] = values;
    }
    onednn::Lowering lowering(graph_, options_, plan_);
    borders_ = lowering.lower(border);
    plan_.finish();
    for (const auto& [name, steps] : borders_.relayouts) stale_.insert(name);
  }

  std::span<float> input(const std::string& name) override { return span_of(find_named(inputs_, name, "input"), name); }
  std::span<float> seed(const std::string& name) override { return span_of(find_named(seeds_, name, "seed"), name); }

  void set_weight(const std::string& name, std::span<const float> values) override {
    if (!options_.mutable_weights) throw Error(fmt::format("weight \"{}\" is fixed", name), "compile with mutable_weights");
    auto& array = find_named(weights_, name, "weight");
    PHOSPHENE_CHECK_EQ(values.size(), static_cast<size_t>(graph_.weights.at(name)->size()));
    std::copy(values.begin(), values.end(), array.begin());
    if (borders_.relayouts.contains(name)) stale_.insert(name);
  }

  void forward() override {
    for (const std::string& name : stale_)
      for (size_t step : borders_.relayouts.at(name)) plan_.run_layout(step);
    stale_.clear();
    plan_.run(onednn::Phase::kForward);
  }
  void backward() override { plan_.run(onednn::Phase::kBackward); }

  std::span<const float> value(const std::string& name) override { return span_of(find_named(borders_.values, name, "wanted value")); }
  std::span<const float> gradient(const std::string& name) override {
    return span_of(find_named(borders_.gradients, name, "wanted gradient"));
  }

  const Graph& graph() const override { return graph_; }
  int64_t bytes() const override {
    int64_t total = plan_.bytes();
    for (const Arrays* arrays : {&inputs_, &seeds_, &weights_})
      for (const auto& [name, values] : *arrays) total += static_cast<int64_t>(values.size() * sizeof(float));
    return total;
  }
  std::string to_string() const override { return plan_.to_string(); }
  std::vector<StepTime> profile() override { return plan_.profile(); }

 private:
  std::span<float> span_of(std::vector<float>& values, const std::string& name) const {
    return {values.data(), static_cast<size_t>(graph_.type_of(name).shape.size())};
  }
  std::span<const float> span_of(const Mem& mem) const {
    return {static_cast<const float*>(plan_.data(mem)), mem.desc.get_size() / sizeof(float)};
  }

  CompileOptions options_;
  Graph graph_;
  Arrays inputs_, seeds_, weights_;
  onednn::Plan plan_;
  onednn::Lowering::Result borders_;
  std::set<std::string> stale_;
};

class OnednnEngine : public Engine {
 public:
  std::string name() const override { return "onednn"; }
  std::unique_ptr<Program> compile(const Graph& graph, const CompileOptions& options) const override {
    if (options.precision == Precision::kBfloat16 && !onednn_multiplies_bf16()) {
      static std::once_flag told;
      std::call_once(told, [] {
        log_warning("this processor does not multiply bf16: it is emulated, many times slower than float32; give --precision auto or f32");
      });
    }
    return std::make_unique<OnednnProgram>(graph, options);
  }
};

}  // namespace

bool onednn_multiplies_bf16() { return onednn::has_avx512(true); }

const Engine& onednn_engine() {
  static const OnednnEngine engine;
  return engine;
}

}  // namespace phosphene

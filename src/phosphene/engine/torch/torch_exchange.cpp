// What programs on one device hand to each other: the device's own copies of arrays, in float32 or the program's bf16.
#include "phosphene/base/error.h"
#include "phosphene/engine/named.h"
#include "phosphene/engine/torch/torch_program.h"

#include <c10/core/GradMode.h>

namespace phosphene::aten {

TorchProgram::Border& TorchProgram::border_of(const Part& part) {
  switch (part.kind) {
    case Part::Kind::kInput: return find_named(inputs_, part.name, "input");
    case Part::Kind::kValue: return find_named(outputs_, part.name, "wanted value");
    case Part::Kind::kSeed: return find_named(seeds_, part.name, "seed");
    case Part::Kind::kGradient: break;
  }
  return find_named(gradients_, part.name, "wanted gradient");
}

// Zeros where no gradient arrived.
at::Tensor TorchProgram::on_device(const Part& part) {
  const Border& border = border_of(part);
  return border.device.defined() ? border.device.detach() : at::zeros(border.host.sizes(), at::TensorOptions(at::kFloat).device(device_));
}

void TorchProgram::take(const Part& to, Program& from, const Part& part, int64_t rows, std::span<const float> factors) {
  auto* other = dynamic_cast<TorchProgram*>(&from);
  if (!other || other->device_ != device_) return Program::take(to, from, part, rows, factors);
  PHOSPHENE_CHECK(to.kind == Part::Kind::kInput || to.kind == Part::Kind::kSeed);
  PHOSPHENE_CHECK(factors.empty() || static_cast<int64_t>(factors.size()) == rows);
  translated([&] {
    const c10::NoGradGuard no_gradients;
    Border& border = border_of(to);
    if (border.fetched && rows < border.device.size(0)) border.device.copy_(border.host);  // the other rows
    at::Tensor source = other->on_device(part).narrow(0, part.first, rows);
    if (!factors.empty()) {
      Ints shape(static_cast<size_t>(source.dim()), 1);
      shape[0] = rows;
      source = source.to(at::kFloat) * at::from_blob(const_cast<float*>(factors.data()), shape, at::kFloat).to(device_);
    }
    const at::Tensor target = border.device.narrow(0, to.first, rows);
    target.copy_(source.reshape(target.sizes()));
    border.fetched = border.device.is_alias_of(border.host);
  });
}

double TorchProgram::seed_squared_error(const std::string& of, Program& from, const Part& target, const SquaredErrorOptions& options) {
  auto* other = dynamic_cast<TorchProgram*>(&from);
  if (!other || other->device_ != device_) return Program::seed_squared_error(of, from, target, options);
  return translated([&] {
    const c10::NoGradGuard no_gradients;
    Border& seed = border_of({Part::Kind::kSeed, of});
    if (seed.fetched && !options.replace) seed.device.copy_(seed.host);
    const at::Tensor wanted = other->on_device(target).to(at::kFloat);
    const at::Tensor difference = on_device({Part::Kind::kValue, of}).to(at::kFloat) - wanted.reshape(seed.device.sizes());
    const int64_t rows = difference.size(0);
    const auto of_rows = [&](const at::Tensor& x) { return x.reshape({rows, -1}).square().sum(1); };
    const at::Tensor error = of_rows(difference);
    at::Tensor scale = at::full({rows}, options.weight / static_cast<double>(difference.numel()), error.options());
    if (options.relative) {
      const at::Tensor power = of_rows(wanted);
      scale = options.weight / static_cast<double>(rows) / at::maximum(power, kLeastPower * power.mean()).clamp_min(1e-12);
    }
    Ints shape(static_cast<size_t>(difference.dim()), 1);
    shape[0] = rows;
    const at::Tensor slope = (2 * scale).reshape(shape);
    if (options.replace)
      seed.device.copy_(difference * slope);
    else
      seed.device.addcmul_(difference, slope);
    seed.fetched = seed.device.is_alias_of(seed.host);
    return (error * scale).sum().item<double>();
  });
}

}  // namespace phosphene::aten

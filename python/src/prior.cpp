#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

using Codes = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::vector<Array<uint8_t>> draw(const api::Prior& prior, Session& session, const Codes& codes) {
  const std::span<const float> values(codes.data(), codes.size());
  const auto pictures = with(session, [&](api::Session& own) { return prior.draw(own, values); });
  std::vector<Array<uint8_t>> arrays;
  for (const api::Picture& picture : pictures) arrays.push_back(array_of(picture));
  return arrays;
}

using Flat = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

Array<float> pictures(api::PriorProgram& program, Session& session, const Codes& codes) {
  const std::span<const float> values(codes.data(), codes.size());
  return array_of(with(session, [&](api::Session& own) { return program.pictures(own, values); }), program.shape());
}

Array<float> gradient(api::PriorProgram& program, Session& session, const Codes& codes, const Flat& of_pictures) {
  const std::span<const float> values(codes.data(), codes.size()), seed(of_pictures.data(), of_pictures.size());
  return array_of(with(session, [&](api::Session& own) { return program.gradient(own, values, seed); }),
                  {static_cast<int64_t>(codes.shape(0)), static_cast<int64_t>(codes.shape(1))});
}

std::optional<Array<float>> bound(const std::vector<float>& values) {
  if (values.empty()) return std::nullopt;
  return array_of(values, {static_cast<int64_t>(values.size())});
}

}  // namespace

void bind_prior(nb::module_& module) {
  nb::class_<api::Prior>(module, "Prior", "What draws pictures of codes.")
      .def(
          "__init__",
          [](api::Prior* self, Session& session, const api::Request& request) {
            with(session, [&](api::Session& own) { new (self) api::Prior(own, request); });
          },
          nb::arg("session"), nb::arg("request"))
      .def_prop_ro("name", &api::Prior::name)
      .def_prop_ro("code_size", &api::Prior::code_size)
      .def_prop_ro("code_shape", &api::Prior::code_shape)
      .def_prop_ro("lower", [](const api::Prior& prior) { return bound(prior.lower()); })
      .def_prop_ro("upper", [](const api::Prior& prior) { return bound(prior.upper()); })
      .def("draw", draw, nb::arg("session"), nb::arg("codes"));
  nb::class_<api::PriorProgram>(module, "PriorProgram", "A prior compiled for a number of codes: pictures as numbers, and gradients.")
      .def(
          "__init__",
          [](api::PriorProgram* self, Session& session, const api::Prior& prior, int64_t codes) {
            with(session, [&](api::Session& own) { new (self) api::PriorProgram(own, prior, codes); });
          },
          nb::arg("session"), nb::arg("prior"), nb::arg("codes"))
      .def_prop_ro("shape", &api::PriorProgram::shape, "Of the pictures: [codes, channels, h, w].")
      .def("pictures", pictures, nb::arg("session"), nb::arg("codes"))
      .def("gradient", gradient, nb::arg("session"), nb::arg("codes"), nb::arg("of_pictures"));
}

}  // namespace phosphene::python

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

using Codes = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

nb::list draw(const api::Prior& prior, Session& session, const Codes& codes) {
  const std::span<const float> values(codes.data(), codes.size());
  const auto pictures = with(session, [&](api::Session& own) { return prior.draw(own, values); });
  nb::list arrays;
  for (const api::Picture& picture : pictures) arrays.append(array_of(picture));
  return arrays;
}

nb::object bound(const std::vector<float>& values) {
  return values.empty() ? nb::object(nb::none()) : array_of(values, {static_cast<int64_t>(values.size())});
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
}

}  // namespace phosphene::python

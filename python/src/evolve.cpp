#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

using Flat = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Scores = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

Array<float> flat(std::vector<float> values) {
  const auto size = static_cast<int64_t>(values.size());
  return array_of(std::move(values), {size});
}

}  // namespace

void bind_evolve(nb::module_& module) {
  nb::class_<api::Evolution>(module, "Evolution", "One population of codes of a prior.")
      .def(
          "__init__",
          [](api::Evolution* self, const api::Prior& prior, const std::string& optimiser, int64_t population, uint64_t seed,
             const Flat& start) {
            new (self) api::Evolution(prior, {optimiser, population, seed, {start.data(), start.data() + start.size()}});
          },
          nb::arg("prior"), nb::arg("optimiser"), nb::arg("population"), nb::arg("seed"), nb::arg("start"))
      .def_prop_ro("population", &api::Evolution::population)
      .def_prop_ro("generation", &api::Evolution::generation)
      .def("ask", [](const api::Evolution& self) { return flat(self.ask()); })
      .def(
          "tell",
          [](api::Evolution& self, const Scores& scores) {
            const nb::gil_scoped_release released;
            self.tell({scores.data(), scores.size()});
          },
          nb::arg("scores"))
      .def("best",
           [](const api::Evolution& self) {
             auto [code, score] = self.best();
             return std::pair(flat(std::move(code)), score);
           })
      .def("centre", [](const api::Evolution& self) { return flat(self.centre()); })
      .def("save", &api::Evolution::save, nb::arg("file"), nb::sig("def save(self, file: str | os.PathLike[str]) -> None"))
      .def("load", &api::Evolution::load, nb::arg("file"), nb::sig("def load(self, file: str | os.PathLike[str]) -> bool"))
      .def_static("optimisers", &api::Evolution::optimisers);
}

}  // namespace phosphene::python

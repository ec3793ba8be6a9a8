#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

void bind_outcome(nb::module_& module) {
  nb::class_<api::Job>(module, "Job", "One (units, seed) of a request.")
      .def_ro("key", &api::Job::key, "32 hex digits: a hash of everything that decides the picture's bits.")
      .def_ro("name", &api::Job::name, "Of the units as they were asked for.")
      .def_ro("label", &api::Job::label)
      .def_ro("seed", &api::Job::seed);
  nb::class_<api::UnitOutcome>(module, "UnitOutcome", "What one unit of a job makes of the picture.")
      .def_ro("layer", &api::UnitOutcome::layer)
      .def_ro("unit", &api::UnitOutcome::unit)
      .def_ro("weight", &api::UnitOutcome::weight, "In the job's sum of units.")
      .def_ro("activation", &api::UnitOutcome::activation)
      .def_ro("rank", &api::UnitOutcome::rank, "Among the units of the layer at the same place; 1: the highest.")
      .def_ro("probability", &api::UnitOutcome::probability, "0 to 1; None: the layer has no probabilities.");
  nb::class_<api::Outcome>(module, "Outcome", "What became of a job.")
      .def_ro("number", &api::Outcome::number)
      .def_ro("job", &api::Outcome::job)
      .def_ro("error", &api::Outcome::error, "Why the job failed; empty: it did not.")
      .def_ro("units", &api::Outcome::units)
      .def_ro("activations", &api::Outcome::activations)
      .def_prop_ro("main", &api::Outcome::main, nb::rv_policy::reference_internal)
      .def_prop_ro(
          "pixels", [](const api::Outcome& outcome) { return array_of(outcome.picture); }, nb::rv_policy::automatic)
      .def_prop_ro(
          "code", [](const api::Outcome& outcome) { return array_of(outcome.code, {static_cast<int64_t>(outcome.code.size())}); },
          nb::rv_policy::automatic);
}

}  // namespace phosphene::python

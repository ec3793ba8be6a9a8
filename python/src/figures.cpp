#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

void bind_figures(nb::module_& module) {
  nb::class_<api::Verdict>(module, "Verdict", "How far a picture can be trusted, from real pictures.")
      .def_ro("word", &api::Verdict::word, "sound, doubtful, misleading or unmeasured.")
      .def_ro("colour", &api::Verdict::colour)
      .def_ro("reasons", &api::Verdict::reasons, "A sentence each.")
      .def_ro("percentile", &api::Verdict::percentile, "Share of real pictures, 0 to 1, whose activation of the unit is lower.")
      .def_ro("margin", &api::Verdict::margin, "(activation - highest of a real picture) / deviation over real pictures.")
      .def("__repr__", [](const api::Verdict& verdict) {
        return "Verdict(" + verdict.word + (verdict.reasons.empty() ? "" : ": " + verdict.reasons.front()) + ")";
      });
  module.def(
      "verdicts",
      [](Session& session, const api::Plan& plan, const std::vector<std::vector<api::UnitOutcome>>& units,
         const std::filesystem::path& data) {
        std::vector<api::Outcome> outcomes;
        for (const auto& of_picture : units) outcomes.emplace_back().units = of_picture;
        return with(session, [&](api::Session& own) { return api::verdicts(own, plan, outcomes, data); });
      },
      nb::arg("session"), nb::arg("plan"), nb::arg("units"), nb::arg("data"),
      nb::sig("def verdicts(session: Session, plan: Plan, units: list[list[UnitOutcome]], data: str | os.PathLike[str]) -> list[Verdict]"));
}

}  // namespace phosphene::python

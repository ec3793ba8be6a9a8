#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include "binding.h"

namespace phosphene::python {

void bind_plan(nb::module_& module) {
  nb::class_<api::Plan>(module, "Plan", "The jobs of a request: everything is loaded and checked.")
      .def("__len__", &api::Plan::size)
      .def_prop_ro("steps", &api::Plan::steps)
      .def("to_json", &api::Plan::to_json);
  module.def(
      "plan",
      [](Session& session, const api::Request& request) {
        return with(session, [&](api::Session& own) { return api::plan(own, request); });
      },
      nb::arg("session"), nb::arg("request"));
  module.def(
      "plan_into",
      [](Session& session, const api::Request& request, const std::filesystem::path& folder) {
        return with(session, [&](api::Session& own) { return api::plan_into(own, request, folder); });
      },
      nb::arg("session"), nb::arg("request"), nb::arg("folder"),
      nb::sig("def plan_into(session: Session, request: Request, folder: str | os.PathLike[str]) -> Plan"));
  module.def(
      "plan_again",
      [](Session& session, const std::string& json) {
        return with(session, [&](api::Session& own) { return api::plan_again(own, json); });
      },
      nb::arg("session"), nb::arg("json"));
}

}  // namespace phosphene::python

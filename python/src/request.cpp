#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

void bind_request(nb::module_& module) {
  nb::class_<api::RequestField>(module, "RequestField", "A field of a request.")
      .def_ro("name", &api::RequestField::name)
      .def_ro("option", &api::RequestField::option, "On the command line; empty where it has none.")
      .def_ro("help", &api::RequestField::help)
      .def_ro("choices", &api::RequestField::choices, "All values; empty: free text.");
  nb::class_<api::Request>(module, "Request", "What is to be drawn, as fields with a name and a text.")
      .def(nb::init<>())
      .def(
          "set", [](api::Request& self, const std::string& field, const std::string& text) { self.set(field, text); }, nb::arg("field"),
          nb::arg("text"), "Names and texts as `phosphene synth` takes them, or names of JSON. Error lists the nearest names.")
      .def("to_json", &api::Request::to_json)
      .def_static("from_json", &api::Request::from_json, nb::arg("json"))
      .def_static("fields", &api::Request::fields, "Every field that there is.");
}

}  // namespace phosphene::python

// phosphene::Error becomes phosphene.Error of Python, which is a class of python/phosphene/_error.py.
#include <nanobind/stl/string.h>

#include "binding.h"

namespace phosphene::python {

void bind_error(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const phosphene::Error& error) {
      const nb::object type = nb::module_::import_("phosphene._error").attr("Error");
      const nb::object made = type(error.what(), error.where(), error.problem(), error.todo());
      PyErr_SetObject(type.ptr(), made.ptr());
    }
  });
}

}  // namespace phosphene::python

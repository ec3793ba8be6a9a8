// The library's messages go to Python's logger "phosphene".
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>

#include "binding.h"

namespace phosphene::python {

namespace {

void log(api::LogLevel level, std::string_view line) {
  if (!Py_IsInitialized()) return;
  nb::gil_scoped_acquire held;
  const char* method = level == api::LogLevel::kError ? "error" : level == api::LogLevel::kWarning ? "warning" : "info";
  try {
    nb::module_::import_("logging").attr("getLogger")("phosphene").attr(method)("%s", nb::str(line.data(), line.size()));
  } catch (nb::python_error& error) {  // of a handler; the library's work goes on
    error.discard_as_unraisable("phosphene's log");
  }
}

}  // namespace

void bind_session(nb::module_& module) {
  nb::class_<Session>(
      module, "Session",
      "What runs share: threads, loaded models, compiled searches. A process may hold several; a second thread waits for the first.")
      .def(
          "__init__",
          [](Session* self, int threads, size_t programs, const std::optional<std::filesystem::path>& models) {
            new (self) Session({.threads = threads, .programs = programs, .models = models.value_or(""), .log = log});
          },
          nb::arg("threads") = 0, nb::arg("programs") = 1, nb::arg("models") = nb::none(),
          nb::sig("def __init__(self, threads: int = 0, programs: int = 1, models: str | os.PathLike[str] | None = None) -> None"),
          "threads: 0 is all cores. programs: compiled searches that are kept for the next run; each holds memory for a whole batch. "
          "models: folder "
          "of the embedded models; None is the package's own.");
}

}  // namespace phosphene::python

// phosphene._phosphene: the classes of include/phosphene/ as they are. Users see what python/phosphene/ makes of them.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

int run_cli(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  nb::gil_scoped_release released;
  return phosphene::run_cli(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

NB_MODULE(_phosphene, module) {
  bind_error(module);
  bind_session(module);
  bind_request(module);
  bind_model(module);
  bind_plan(module);
  bind_outcome(module);
  bind_run(module);
  bind_prior(module);
  bind_evolve(module);
  bind_figures(module);
  bind_atlas(module);
  module.def("version", &phosphene::version, "Version and commit of the library.");
  module.def("run_cli", run_cli, nb::arg("arguments"), "The program `phosphene`; the first argument is its name. Gives the exit code.");
}

}  // namespace phosphene::python

// What the files of the module share. Each file binds one class of include/phosphene/; what a name means in Python is python/phosphene/.
#pragma once

#include <mutex>
#include <stop_token>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <phosphene/command_line.h>
#include <phosphene/phosphene.h>

namespace phosphene::python {

namespace nb = nanobind;

// A session and the lock that lets one thread at a time use it.
struct Session {
  explicit Session(api::SessionOptions options) : session(std::move(options)) {}
  api::Session session;
  std::timed_mutex busy;
};

// The session for the calling thread alone. Waits while another thread works with it; no lock where `stop` is asked for first.
std::unique_lock<std::timed_mutex> take(Session& session, const std::stop_token& stop);

// Calls body(api::Session&) with the session for itself and without the GIL; Ctrl-C ends the wait for it.
template <typename Body>
auto with(Session& session, Body&& body) {
  std::unique_lock lock(session.busy, std::defer_lock);
  for (bool taken = false; !taken;) {
    {
      nb::gil_scoped_release released;
      taken = lock.try_lock_for(std::chrono::milliseconds(50));
    }
    if (!taken && PyErr_CheckSignals() != 0) throw nb::python_error();
  }
  nb::gil_scoped_release released;
  return body(session.session);
}

template <typename T>
using Array = nb::ndarray<nb::numpy, T>;
// A picture as a NumPy array uint8 [h, w, c]; grey ones have one channel.
Array<uint8_t> array_of(const api::Picture& picture);
// Numbers as a NumPy array of that shape.
Array<float> array_of(std::vector<float> values, const std::vector<int64_t>& shape);

void bind_error(nb::module_& module);
void bind_session(nb::module_& module);
void bind_request(nb::module_& module);
void bind_model(nb::module_& module);
void bind_plan(nb::module_& module);
void bind_outcome(nb::module_& module);
void bind_run(nb::module_& module);
void bind_prior(nb::module_& module);
void bind_evolve(nb::module_& module);
void bind_figures(nb::module_& module);
void bind_atlas(nb::module_& module);

}  // namespace phosphene::python

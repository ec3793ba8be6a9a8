#include "phosphene/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace phosphene {

Error::Error(std::string what, std::string todo) : problem_(std::move(what)), todo_(std::move(todo)) { compose(); }

Error Error::at(std::string_view place) const {
  Error outer = *this;
  outer.where_ = where_.empty() ? std::string(place) : fmt::format("{} > {}", place, where_);
  outer.compose();
  return outer;
}

void Error::compose() {
  line_ = where_.empty() ? problem_ : fmt::format("{} > {}", where_, problem_);
  if (!todo_.empty()) line_ += "; " + todo_;
  for (char& c : line_)
    if (c == '\n' || c == '\r') c = ' ';
}

void check_failed(const char* file, int line, const char* condition, const std::string& values) {
  std::fprintf(stderr, "bug: %s:%d: %s does not hold%s%s\n", file, line, condition, values.empty() ? "" : ": ", values.c_str());
  std::abort();
}

}  // namespace phosphene

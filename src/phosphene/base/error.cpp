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

Error Error::or_do(std::string_view todo) const {
  if (!todo_.empty()) return *this;
  Error other = *this;
  other.todo_ = todo;
  other.compose();
  return other;
}

void Error::compose() {
  constexpr size_t kLongest = 1000;
  line_ = where_.empty() ? problem_ : fmt::format("{} > {}", where_, problem_);
  if (!todo_.empty()) line_ += "; " + todo_;
  for (char& c : line_)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (line_.size() > kLongest) line_.replace(kLongest / 2, line_.size() - kLongest, " ... ");
}

void check_failed(const char* file, int line, const char* condition, const std::string& values) {
  std::fprintf(stderr, "bug: %s:%d: %s does not hold%s%s\n", file, line, condition, values.empty() ? "" : ": ", values.c_str());
  std::abort();
}

}  // namespace phosphene

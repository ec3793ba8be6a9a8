// The one error that bad input or a bad environment raises.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include <phosphene/export.h>

namespace phosphene {

// Bad input or a bad environment: where it is (a chain "file > node > attribute"), what is wrong, what to do.
// Thrown anywhere, caught at the borders only. what() is the one line that a user reads: "WHERE > WHAT; TODO",
// without control characters and cut short in its middle where a damaged file made it long.
class PHOSPHENE_EXPORT Error : public std::exception {
 public:
  explicit Error(std::string what, std::string todo = {});

  // The same error seen from one place further out: at("net.onnx") before "node 3".
  Error at(std::string_view place) const;

  // The same error with something to do where it had nothing to say of that.
  Error or_do(std::string_view todo) const;

  const char* what() const noexcept override { return line_.c_str(); }
  const std::string& where() const { return where_; }
  const std::string& problem() const { return problem_; }
  const std::string& todo() const { return todo_; }

 private:
  void compose();
  std::string where_, problem_, todo_, line_;
};

}  // namespace phosphene

// The one error that bad input or a bad environment raises, and the check that a bug fails.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace phosphene {

// Bad input or a bad environment: where it is (a chain "file > node > attribute"), what is wrong, what to do.
// Thrown anywhere, caught at the borders only. what() is the one line that a user reads: "WHERE > WHAT; TODO",
// without control characters and cut short in its middle where a damaged file made it long.
class Error : public std::exception {
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

// Runs `body`; an Error that leaves it has `place` put before its chain.
template <typename Body>
decltype(auto) located(std::string_view place, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw error.at(place);
  }
}

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& values);

}  // namespace phosphene

// A bug fails a CHECK: it prints the condition and both values, and aborts.
#define PHOSPHENE_CHECK(condition)                                                   \
  do {                                                                               \
    if (!(condition)) ::phosphene::check_failed(__FILE__, __LINE__, #condition, {}); \
  } while (false)
#define PHOSPHENE_CHECK_EQ(a, b)                                                                                 \
  do {                                                                                                           \
    const auto& check_a_ = (a);                                                                                  \
    const auto& check_b_ = (b);                                                                                  \
    if (!(check_a_ == check_b_))                                                                                 \
      ::phosphene::check_failed(__FILE__, __LINE__, #a " == " #b, fmt::format("{} and {}", check_a_, check_b_)); \
  } while (false)

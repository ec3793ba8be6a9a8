// What is thrown for bad input (phosphene/error.h, which users of the library see too), and the check that a bug fails.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "phosphene/error.h"

namespace phosphene {

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

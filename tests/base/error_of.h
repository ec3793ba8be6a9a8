// The text of the Error that `body` throws, or "no error".
#pragma once

#include <string>

#include "phosphene/base/error.h"

namespace phosphene {

template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace phosphene

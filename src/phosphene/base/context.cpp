#include "phosphene/base/context.h"

#include <utility>

namespace phosphene {

namespace {

thread_local const Context* current = nullptr;

}  // namespace

const Context& context() {
  static const Context empty;
  return current ? *current : empty;
}

ContextScope::ContextScope(const Context& context) : before_(std::exchange(current, &context)) {}
ContextScope::~ContextScope() { current = before_; }

}  // namespace phosphene

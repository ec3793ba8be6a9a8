// The smallest user of the library.
#include <phosphene/error.h>
#include <phosphene/version.h>

#include <cstdio>

int main() {
  try {
    std::printf("built with phosphene %s, runs with %s\n", PHOSPHENE_VERSION, phosphene::version());
    throw phosphene::Error("an error", "catch it");
  } catch (const phosphene::Error& error) {
    return error.todo() == "catch it" ? 0 : 1;
  }
}

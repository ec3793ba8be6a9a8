// libFuzzer's entry points. `fuzzers --format=NAME [libFuzzer's options] [corpus]` feeds files of one format; `fuzzers --formats` lists
// their names.
//
// libFuzzer keeps a file that sets a counter which no file before it set. Here a counter stands for an answer: files that are refused with
// other words have taken other ways. So the readers are those of the build, and nothing is compiled twice.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include "base/temporary_folder.h"
#include "fuzz/in_process/formats.h"
#include "fuzz/in_process/message_mutator.h"
#include "phosphene/base/context.h"
#include "phosphene/base/error.h"

namespace phosphene::fuzz {

namespace {

const Format* chosen = nullptr;

constexpr size_t kCounters = 1 << 16;
uint8_t counters[kCounters];
uintptr_t places[2 * kCounters];  // what libFuzzer asks for beside every counter: an address and flags

// Numbers in a text count for nothing: there are too many.
void count(const std::string& text) {
  std::string words = text;
  std::erase_if(words, [](char c) { return c >= '0' && c <= '9'; });
  counters[std::hash<std::string>()(words) % kCounters] = 1;
}

// Thousands of files a second go through it: TMPDIR should lie in memory.
const std::filesystem::path& file_that_is_fed() {
  static const TemporaryFolder folder;
  static const std::filesystem::path file = folder / chosen->file;
  return file;
}

}  // namespace

}  // namespace phosphene::fuzz

using namespace phosphene;
using namespace phosphene::fuzz;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
extern "C" void __sanitizer_cov_8bit_counters_init(uint8_t* begin, uint8_t* end);
extern "C" void __sanitizer_cov_pcs_init(const uintptr_t* begin, const uintptr_t* end);

extern "C" int LLVMFuzzerInitialize(int* arguments, char*** values) {
  for (int i = 1; i < *arguments; ++i) {
    const std::string argument = (*values)[i];
    for (const Format& format : formats()) {
      if (argument == "--formats") std::puts(format.name);
      if (argument == std::string("--format=") + format.name) chosen = &format;
    }
    if (argument == "--formats") std::exit(0);
  }
  if (!chosen) {
    std::fputs("error: --format=NAME is missing; --formats lists the names\n", stderr);
    std::exit(2);
  }
  google::protobuf::SetLogHandler(nullptr);
  for (size_t i = 0; i < kCounters; ++i) places[2 * i] = 16 * (i + 1);
  __sanitizer_cov_8bit_counters_init(counters, counters + kCounters);
  __sanitizer_cov_pcs_init(places, places + 2 * kCounters);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::ofstream(file_that_is_fed(), std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const Context silent{.log = [](LogLevel, std::string_view) {}};
  const ContextScope scope(silent);
  try {
    chosen->read(file_that_is_fed());
    count("read");
  } catch (const Error& error) {
    count(error.problem());
    count(error.where());
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (!chosen->message || seed % 4 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::unique_ptr<google::protobuf::Message> message(chosen->message());
  if (!message->ParseFromArray(data, static_cast<int>(size))) return LLVMFuzzerMutate(data, size, most);
  change_message(*message, seed);
  const size_t changed = message->ByteSizeLong();
  if (changed == 0 || changed > most || !message->SerializePartialToArray(data, static_cast<int>(most)))
    return LLVMFuzzerMutate(data, size, most);
  return changed;
}

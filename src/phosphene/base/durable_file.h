// DurableFile: an open file whose bytes survive the process: what a call has written is on the disk when it returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace phosphene {

class DurableFile {
 public:
  enum class Open { kExisting, kOrNew, kEmpty };  // kEmpty: new, or cut to nothing
  // Every function: Error if the file system refuses.
  DurableFile(std::filesystem::path file, Open how);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write_at(int64_t offset, std::span<const char> bytes);
  // The same at the end, which is `end`; where it fails, the file is cut there again.
  void append_at(int64_t end, std::span<const char> bytes);
  void cut(int64_t size);

 private:
  [[noreturn]] void fail(const char* what) const;
  std::filesystem::path file_;
  int descriptor_;
};

}  // namespace phosphene

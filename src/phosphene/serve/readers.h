// Readers: one atlas file for many threads. A thread borrows a connection; there are as many as threads ever read at the same time.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "phosphene/atlas/atlas.h"

namespace phosphene {

class Readers {
 public:
  // Error when the file is no atlas.
  explicit Readers(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }

  // Calls `read` with a reader that no other thread uses meanwhile.
  template <typename Read>
  auto with(Read&& read) const {
    std::unique_ptr<Atlas> reader = take();
    struct Return {
      const Readers& readers;
      std::unique_ptr<Atlas>& reader;
      ~Return() { readers.give(std::move(reader)); }
    } giving{*this, reader};
    return read(static_cast<const Atlas&>(*reader));
  }

 private:
  std::unique_ptr<Atlas> take() const;
  void give(std::unique_ptr<Atlas> reader) const;

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Atlas>> free_;
};

}  // namespace phosphene

#include "phosphene/serve/readers.h"

namespace phosphene {

Readers::Readers(std::filesystem::path file) : file_(std::move(file)) { give(std::make_unique<Atlas>(file_)); }

std::unique_ptr<Atlas> Readers::take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Atlas> reader = std::move(free_.back());
      free_.pop_back();
      return reader;
    }
  }
  return std::make_unique<Atlas>(file_);
}

void Readers::give(std::unique_ptr<Atlas> reader) const {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(reader));
}

}  // namespace phosphene

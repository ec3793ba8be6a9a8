#include "phosphene/base/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "phosphene/base/error.h"

namespace phosphene {

DurableFile::DurableFile(std::filesystem::path file, Open how) : file_(std::move(file)) {
  const int flags = how == Open::kExisting ? 0 : how == Open::kOrNew ? O_CREAT : O_CREAT | O_TRUNC;
  descriptor_ = open(file_.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (descriptor_ < 0) fail("opened");
}

DurableFile::~DurableFile() { close(descriptor_); }

void DurableFile::write_at(int64_t offset, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("written");
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += written;
  }
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail("flushed to disk");
}

void DurableFile::append_at(int64_t end, std::span<const char> bytes) {
  try {
    write_at(end, bytes);
  } catch (const Error&) {
    cut(end);
    throw;
  }
}

void DurableFile::cut(int64_t size) {
  if (ftruncate(descriptor_, size) != 0) fail("cut");
}

void DurableFile::fail(const char* what) const {
  throw Error(fmt::format("cannot be {}: {}", what, std::strerror(errno)), "check the free space of the disk").at(file_.string());
}

}  // namespace phosphene

// The file: Header, labels (each ended by a line end), classes (int32, one an image), zeros up to a multiple of 4096, then the pixels
// [count, height, width, channels]. Numbers as they lie in memory: a cache is never carried to another machine.
#include "phosphene/train/pixel_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "phosphene/base/cache_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[8] = {'P', 'H', 'O', 'S', 'P', 'I', 'X', '\n'};
constexpr int64_t kVersion = 1, kPage = 4096;

struct Header {
  char magic[8];
  int64_t version, count, height, width, channels, skipped, label_bytes, pixels_at;
  char key[64];
};

class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags) : fd_(open(file.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

// The mapping lives as long as the pointer.
std::shared_ptr<uint8_t> map(int descriptor, int64_t bytes, int protection) {
  void* address = mmap(nullptr, static_cast<size_t>(bytes), protection, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) throw Error(fmt::format("cannot be mapped: {}", std::strerror(errno)), "free some memory");
  return {static_cast<uint8_t*>(address), [bytes](uint8_t* p) { munmap(p, static_cast<size_t>(bytes)); }};
}

std::string joined(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += label + '\n';
  return text;
}

int64_t pixels_at(const Dataset& set) {
  const int64_t before = static_cast<int64_t>(sizeof(Header) + joined(set.labels).size()) + set.count * 4;
  return (before + kPage - 1) / kPage * kPage;
}

void write_front(uint8_t* file, const Dataset& set, const std::string& key, int64_t start) {
  const std::string labels = joined(set.labels);
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion, header.count = set.count, header.height = set.height, header.width = set.width, header.channels = set.channels;
  header.skipped = set.skipped, header.label_bytes = static_cast<int64_t>(labels.size()), header.pixels_at = start;
  std::memcpy(header.key, key.data(), sizeof header.key);
  std::memcpy(file, &header, sizeof header);
  std::memcpy(file + sizeof header, labels.data(), labels.size());
  std::memcpy(file + sizeof header + labels.size(), set.classes.data(), set.classes.size() * 4);
}

// Closes the gaps that the undecoded images left.
void compact(Dataset& set, uint8_t* pixels, const std::vector<char>& good) {
  int64_t kept = 0;
  for (int64_t i = 0; i < set.count; ++i) {
    if (!good[i]) continue;
    if (kept != i) {
      std::memcpy(pixels + kept * set.image_size(), pixels + i * set.image_size(), static_cast<size_t>(set.image_size()));
      set.classes[kept] = set.classes[i];
    }
    ++kept;
  }
  set.skipped = set.count - kept;
  set.count = kept;
  set.classes.resize(static_cast<size_t>(kept));
}

std::vector<char> decode_all(const Dataset& set, uint8_t* pixels, const std::function<bool(int64_t, uint8_t*)>& decode) {
  std::vector<char> good(static_cast<size_t>(set.count), 0);
  Progress progress("decoding", set.count);
  std::mutex mutex;
  int64_t done = 0;
  parallel_for(set.count, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      good[i] = decode(i, pixels + i * set.image_size());
      const std::lock_guard lock(mutex);
      progress.update(++done);
    }
  });
  progress.finish();
  return good;
}

}  // namespace

fs::path default_cache_folder() {
  fs::path folder = cache_folder();
  if (folder.empty()) throw Error("no folder for decoded pictures", "set PHOSPHENE_CACHE to a writable folder");
  return folder;
}

std::optional<Dataset> map_pixel_cache(const fs::path& file, const std::string& key) {
  const Descriptor descriptor(file, O_RDONLY);
  Header header;
  if (descriptor < 0 || read(descriptor, &header, sizeof header) != static_cast<ssize_t>(sizeof header)) return std::nullopt;
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) || header.version != kVersion || key != std::string_view(header.key, 64))
    return std::nullopt;
  Dataset set;
  set.count = header.count, set.height = header.height, set.width = header.width, set.channels = header.channels,
  set.skipped = header.skipped;
  const int64_t bytes = header.pixels_at + set.count * set.image_size();
  const off_t actual = lseek(descriptor, 0, SEEK_END);
  const int64_t front = static_cast<int64_t>(sizeof header) + header.label_bytes + set.count * 4;
  if (set.count <= 0 || header.label_bytes < 0 || front > header.pixels_at || actual != bytes) return std::nullopt;

  const std::shared_ptr<uint8_t> mapped = map(descriptor, bytes, PROT_READ);
  std::string label;
  for (int64_t i = 0; i < header.label_bytes; ++i) {
    const char c = static_cast<char>(mapped.get()[sizeof header + static_cast<size_t>(i)]);
    if (c != '\n') {
      label += c;
    } else {
      set.labels.push_back(std::move(label));
      label.clear();
    }
  }
  set.classes.resize(static_cast<size_t>(set.count));
  std::memcpy(set.classes.data(), mapped.get() + sizeof header + header.label_bytes, set.classes.size() * 4);
  set.pixels = std::shared_ptr<const uint8_t>(mapped, mapped.get() + header.pixels_at);
  return set;
}

Dataset write_pixel_cache(const fs::path& file, const std::string& key, Dataset set, const std::function<bool(int64_t, uint8_t*)>& decode) {
  PHOSPHENE_CHECK_EQ(key.size(), size_t{64});
  make_output_folder(file.parent_path());
  const fs::path temporary = fmt::format("{}.{}.tmp", file.string(), getpid());
  struct Removal {
    const fs::path& path;
    ~Removal() { unlink(path.c_str()); }  // fails after the rename, as it should
  } removal{temporary};

  located(file.string(), [&] {
    const Descriptor descriptor(temporary, O_RDWR | O_CREAT | O_TRUNC);
    if (descriptor < 0) throw Error(fmt::format("cannot be created: {}", std::strerror(errno)), "give another cache folder");
    const int64_t start = pixels_at(set), bytes = start + set.count * set.image_size();
    // Blocks are claimed now: a store into a mapped hole of a full disk would be a SIGBUS.
    if (const int code = posix_fallocate(descriptor, 0, bytes))
      throw Error(fmt::format("no room for {} MB of pixels: {}", bytes >> 20, std::strerror(code)),
                  "free the disk or give another cache folder");
    {
      const std::shared_ptr<uint8_t> mapped = map(descriptor, bytes, PROT_READ | PROT_WRITE);
      compact(set, mapped.get() + start, decode_all(set, mapped.get() + start, decode));
      if (set.count == 0) throw Error("none of the pictures can be decoded", "give JPEG or PNG pictures");
      write_front(mapped.get(), set, key, start);
      if (msync(mapped.get(), static_cast<size_t>(bytes), MS_SYNC)) throw Error(fmt::format("cannot be written: {}", std::strerror(errno)));
    }
    if (ftruncate(descriptor, start + set.count * set.image_size()) || fsync(descriptor) || rename(temporary.c_str(), file.c_str()))
      throw Error(fmt::format("cannot be written: {}", std::strerror(errno)), "give another cache folder");
  });
  std::optional<Dataset> mapped = map_pixel_cache(file, key);
  PHOSPHENE_CHECK(mapped.has_value());
  return *mapped;
}

}  // namespace phosphene

// sha256( "COUNT HEIGHT WIDTH CHANNELS\n" LABEL\n ... sha256(classes, int32 little-endian)\n sha256(pixels of picture i)\n ... )
#include <algorithm>

#include "phosphene/base/file.h"
#include "phosphene/base/parallel.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/read.h"

namespace phosphene {

std::string Dataset::fingerprint() const {
  const int64_t size = image_size(), read = std::clamp<int64_t>(kFingerprintBytes / size, 1, count);
  const std::vector<int64_t> which = spread(read, count);
  std::vector<std::string> hashes(which.size());
  parallel_for(read, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) hashes[i] = sha256({reinterpret_cast<const char*>(image(which[i])), static_cast<size_t>(size)});
  });
  std::string text = fmt::format("{} {} {} {}\n", count, height, width, channels);
  for (const std::string& label : labels) text += label + "\n";
  text += sha256({reinterpret_cast<const char*>(classes.data()), classes.size() * sizeof(int32_t)}) + "\n";
  for (const std::string& hash : hashes) text += hash + "\n";
  return sha256(text);
}

}  // namespace phosphene

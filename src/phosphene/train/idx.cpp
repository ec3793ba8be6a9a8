// IDX: bytes 0, 0, element type (8: unsigned byte), rank; rank sizes of 4 bytes, big-endian; the elements.
#include "phosphene/train/idx.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/base/image.h"
#include "phosphene/base/parallel.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

// FILE or FILE.gz, whichever exists.
std::optional<fs::path> plain_or_packed(const fs::path& file) {
  for (const fs::path& candidate : {file, fs::path(file.string() + ".gz")})
    if (fs::exists(candidate)) return candidate;
  return std::nullopt;
}

std::string read_unpacked(const fs::path& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(file.c_str(), "rb"), gzclose);  // reads plain files as they are
  if (!in) throw Error("cannot be opened", "check that it may be read");
  std::string content;
  std::vector<char> buffer(1 << 18);
  int got;
  while ((got = gzread(in.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    content.append(buffer.data(), static_cast<size_t>(got));
  int code = Z_OK;
  const char* message = gzerror(in.get(), &code);
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
    throw Error(fmt::format("cannot be unpacked: {}", message), "fetch the file again");
  return content;
}

struct IdxBytes {
  std::vector<int64_t> shape;
  std::string content;
  size_t start = 0;
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(content.data()) + start; }
};

IdxBytes read_idx(const fs::path& wanted, int rank) {
  const std::optional<fs::path> file = plain_or_packed(wanted);
  if (!file) throw Error("is missing, also as .gz", "put all four IDX files into the folder").at(wanted.string());
  return located(file->string(), [&] {
    IdxBytes idx{{}, read_unpacked(*file), 4 + 4 * static_cast<size_t>(rank)};
    const auto byte = [&](size_t i) { return static_cast<int64_t>(static_cast<uint8_t>(idx.content[i])); };
    if (idx.content.size() < idx.start || byte(0) || byte(1) || byte(2) != 8 || byte(3) != rank)
      throw Error(fmt::format("is not an IDX file of bytes of rank {}", rank), "fetch the file again");
    int64_t count = 1;
    for (int i = 0; i < rank; ++i) {
      const size_t at = 4 + 4 * static_cast<size_t>(i);
      idx.shape.push_back(byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
      if (idx.shape.back() == 0 || count > static_cast<int64_t>(idx.content.size()) / idx.shape.back())
        throw Error("holds fewer bytes than its header says", "fetch the file again");
      count *= idx.shape.back();
    }
    if (idx.content.size() - idx.start != static_cast<size_t>(count))
      throw Error(fmt::format("holds {} bytes where its header says {}", idx.content.size() - idx.start, count), "fetch the file again");
    return idx;
  });
}

}  // namespace

std::vector<std::string> idx_labels(const fs::path& folder, int64_t count) {
  std::string path = fs::absolute(folder).string();
  for (char& c : path) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (count == 10 && path.find("fashion") != std::string::npos)
    return {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};
  std::vector<std::string> labels;
  for (int64_t i = 0; i < count; ++i) labels.push_back(std::to_string(i));
  return labels;
}

std::optional<Dataset> read_idx_dataset(const fs::path& folder, const DatasetOptions& options) {
  if (!plain_or_packed(folder / "train-images-idx3-ubyte")) return std::nullopt;
  const std::string prefix = options.split == "val" ? "t10k" : "train";
  const IdxBytes images = read_idx(folder / (prefix + "-images-idx3-ubyte"), 3);
  const IdxBytes classes = read_idx(folder / (prefix + "-labels-idx1-ubyte"), 1);
  if (images.shape[0] != classes.shape[0])
    throw Error(fmt::format("has {} images but {} labels", images.shape[0], classes.shape[0]), "fetch the files again").at(folder.string());

  const int64_t height = images.shape[1], width = images.shape[2];
  Dataset set;
  set.count = images.shape[0];
  set.height = options.size ? options.size : height;
  set.width = options.size ? options.size : width;
  set.channels = options.channels ? options.channels : 1;
  set.classes.assign(classes.data(), classes.data() + set.count);
  set.labels = idx_labels(folder, std::max<int64_t>(10, *std::max_element(set.classes.begin(), set.classes.end()) + 1));

  const std::shared_ptr<uint8_t[]> pixels(new uint8_t[static_cast<size_t>(set.count * set.image_size())]);
  parallel_for(set.count, [&](int64_t first, int64_t last) {
    Image grey = Image::blank(height, width, 1);
    for (int64_t i = first; i < last; ++i) {
      std::memcpy(grey.pixels.data(), images.data() + i * height * width, static_cast<size_t>(height * width));
      const Image fitted = options.size ? resize_and_crop(grey, options.size, options.size, options.size) : grey;
      uint8_t* out = pixels.get() + i * set.image_size();
      for (const uint8_t value : fitted.pixels)
        for (int64_t c = 0; c < set.channels; ++c) *out++ = value;
    }
  });
  set.pixels = std::shared_ptr<const uint8_t>(pixels, pixels.get());
  return set;
}

}  // namespace phosphene

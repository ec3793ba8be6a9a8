// Tiny ImageNet-200: 500 training and 50 validation pictures of 64 x 64 for each of 200 WordNet ids.
//   words.txt              wnid TAB term, term, ...
//   val_annotations.txt    file TAB wnid TAB box
#include <algorithm>
#include <map>
#include <sstream>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/train/listing.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

// Calls body(fields) for each line, split at tabs.
template <typename Body>
void for_each_line(const fs::path& file, const Body& body) {
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    body(fields);
  }
}

// The first term of each wnid; the wnid itself where words.txt does not say; "crane (n02012849)" where two classes share a term.
std::vector<std::string> label_texts(const fs::path& folder, const std::vector<std::string>& wnids) {
  std::map<std::string, std::string> terms;
  if (fs::exists(folder / "words.txt"))
    for_each_line(folder / "words.txt", [&](const std::vector<std::string>& fields) {
      if (fields.size() >= 2) terms[fields[0]] = fields[1].substr(0, fields[1].find(','));
    });
  std::map<std::string, int> uses;
  std::vector<std::string> labels;
  for (const std::string& wnid : wnids) {
    labels.push_back(terms.contains(wnid) ? terms[wnid] : wnid);
    ++uses[labels.back()];
  }
  for (size_t i = 0; i < labels.size(); ++i)
    if (uses[labels[i]] > 1) labels[i] += fmt::format(" ({})", wnids[i]);
  return labels;
}

}  // namespace

std::optional<Listing> list_tiny_imagenet(const fs::path& folder, const std::string& split) {
  if (!fs::exists(folder / "wnids.txt")) return std::nullopt;
  std::vector<std::string> wnids;
  for_each_line(folder / "wnids.txt", [&](const std::vector<std::string>& fields) { wnids.push_back(fields[0]); });
  std::sort(wnids.begin(), wnids.end());
  Listing listing{label_texts(folder, wnids), {}};
  const auto require_folder = [](const fs::path& path) {
    if (!fs::is_directory(path)) throw Error("is missing", "unpack the whole of Tiny ImageNet").at(path.string());
  };

  if (split == "val") {
    const fs::path annotations = folder / "val" / "val_annotations.txt";
    for_each_line(annotations, [&](const std::vector<std::string>& fields) {
      const auto found = fields.size() < 2 ? wnids.end() : std::lower_bound(wnids.begin(), wnids.end(), fields[1]);
      if (found == wnids.end() || *found != fields[1])
        throw Error(fmt::format("gives '{}' no class of wnids.txt", fields[0]), "unpack Tiny ImageNet again").at(annotations.string());
      listing.files.push_back({folder / "val" / "images" / fields[0], static_cast<int32_t>(found - wnids.begin())});
    });
    std::sort(listing.files.begin(), listing.files.end(),
              [](const ListedFile& a, const ListedFile& b) { return a.label != b.label ? a.label < b.label : a.file < b.file; });
  } else {
    for (size_t i = 0; i < wnids.size(); ++i) {
      const fs::path images = folder / "train" / wnids[i] / "images";
      require_folder(images);
      for (const fs::path& file : pictures_below(images)) listing.files.push_back({file, static_cast<int32_t>(i)});
    }
  }
  if (listing.files.empty())
    throw Error(fmt::format("holds no pictures for the split '{}'", split), "unpack the whole of Tiny ImageNet").at(folder.string());
  return listing;
}

}  // namespace phosphene

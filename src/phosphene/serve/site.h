// Site: the files of the pages, and the data of the atlases that they show. The server answers from it, and the export writes all of it.
//
//     index.html, app.js, app.css, icon.svg
//     data/atlases.json                      every atlas: network, prior, data, layers
//     data/ID/overview.json, names.json      page_data.h
//     data/ID/layer/L.json, unit/L/U.json, class/C.json
//     data/ID/picture/L-U-S.webp             the drawing of unit U of layer L with seed S; thumb/ the same, small
//     data/ID/photo/P.webp                   a real picture
//     data/ID/match/L/OTHER/M.json           units of layer L that answer as units of layer M of another atlas do: matches.h
//
// ID is the first 12 digits of the network's hash; of a second atlas of the same network, these and "-2".
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phosphene/serve/matches.h"
#include "phosphene/serve/readers.h"
#include "phosphene/serve/resource.h"

namespace phosphene {

class Site {
 public:
  struct Entry {
    std::string id, hash;  // of the network
    std::filesystem::path file;
    std::unique_ptr<Readers> readers;
  };

  // Error for a file that is no atlas. `draws`: the pages offer to draw.
  explicit Site(const std::vector<std::filesystem::path>& files, bool draws = false);

  const std::vector<Entry>& atlases() const { return atlases_; }
  // The page itself, for any address.
  Resource shell() const;
  // Whether the page of that address (path, decoded) shows something.
  bool has_page(std::string_view path) const;
  // A file of the list above; nothing where there is none. Safe to call from many threads.
  std::optional<Resource> find(std::string_view name) const;
  // The names of all files below data/.
  void each_name(const std::function<void(const std::string& name)>& use) const;

 private:
  std::optional<Resource> find_data(std::string_view name) const;
  std::optional<Resource> find_of(const Entry& entry, std::string_view kind, std::string_view rest) const;
  std::optional<Resource> find_match(const Entry& entry, std::string_view rest) const;
  void each_match(const std::function<void(const std::string& name)>& use) const;
  Json atlases_json() const;

  bool draws_;
  std::vector<Entry> atlases_;
  Matches matches_;
};

}  // namespace phosphene

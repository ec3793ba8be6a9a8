// Export: the site as files that any web server serves, and that a browser opens from a disk.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "phosphene/serve/site.h"

namespace phosphene {

struct ExportReport {
  size_t files = 0;
  uint64_t bytes = 0;
  bool stopped = false;
};

// Writes index.html, app.js, app.css, icon.svg, and below data/ the files of site.h; JSON as scripts, NAME.js instead of NAME.json, since a
// page on a disk may load no JSON. index.html comes last: a folder without it is not finished, and another export writes all of it again.
// on_progress gets the number of files written.
ExportReport export_site(const Site& site, const std::filesystem::path& folder, const std::function<void(size_t)>& on_progress = {},
                         const std::stop_token& stop = {});

}  // namespace phosphene

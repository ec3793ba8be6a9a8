#include "phosphene/serve/export.h"

#include <fstream>

#include "phosphene/base/error.h"
#include "phosphene/serve/assets.h"

namespace phosphene {

namespace fs = std::filesystem;

namespace {

// A page on a disk looks for its files beside itself.
std::string exported_page() {
  std::string page = *find_asset("index.html")->bytes;
  for (const auto& [mark, text] : {std::pair{"{{root}}", ""}, std::pair{"{{mode}}", "files"}, std::pair{"{{live}}", "no"}})
    for (size_t at = page.find(mark); at != std::string::npos; at = page.find(mark)) page.replace(at, std::string_view(mark).size(), text);
  return page;
}

// Plain writes: a file's content is known again at any time, so it need not survive a crash of the machine.
void write_plain(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw Error("cannot be written", "free some space, or choose another folder").at(file.string());
}

}  // namespace

ExportReport export_site(const Site& site, const fs::path& folder, const std::function<void(size_t)>& on_progress,
                         const std::stop_token& stop) {
  make_output_folder(folder);
  fs::remove(folder / "index.html");
  ExportReport report;
  const auto write = [&](const fs::path& file, std::string_view bytes) {
    write_plain(folder / file, bytes);
    ++report.files;
    report.bytes += bytes.size();
    if (on_progress) on_progress(report.files);
  };
  for (const char* name : {"app.js", "app.css", "icon.svg"}) write(name, *find_asset(name)->bytes);
  site.each_name([&](const std::string& name) {
    report.stopped |= stop.stop_requested();
    if (report.stopped) return;
    const auto resource = site.find(name);
    if (!resource) throw Error("is damaged", "build the atlas again").at(name);
    if (!name.ends_with(".json")) return write(name, *resource->bytes);
    const std::string stem = name.substr(0, name.size() - 5);
    write(stem + ".js", fmt::format("phosphene_data({}, {});\n", Json(stem.substr(5)).dump(), *resource->bytes));
  });
  if (!report.stopped) write("index.html", exported_page());
  return report;
}

}  // namespace phosphene

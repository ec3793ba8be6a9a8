// A file is replaced in three steps: write FILE.tmp, flush it to the disk, rename it over FILE. A failure before the rename leaves FILE
// alone.
#include "phosphene/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

std::string reason() { return errno ? std::strerror(errno) : "unknown reason"; }

void flush_to_disk(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS);  // some file systems have no fsync
  const std::string why = reason();
  if (descriptor >= 0) close(descriptor);
  if (!good) throw Error(fmt::format("cannot be flushed to disk: {}", why), "check the free space of the disk");
}

void write_temporary(const fs::path& temporary, const std::function<void(std::ostream&)>& produce) {
  errno = 0;
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  if (!out) throw Error(fmt::format("cannot be created: {}", reason()), "check that the folder exists and may be written");
  produce(out);
  out.close();
  if (!out) throw Error(fmt::format("cannot be written: {}", reason()), "check the free space of the disk");
  flush_to_disk(temporary);
}

}  // namespace

std::string read_file(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw Error("is a folder", "give a file").at(file.string());
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(fmt::format("cannot be opened: {}", reason()), "give an existing, readable file").at(file.string());
  std::string content;
  const auto size = fs::file_size(file, ignored);
  if (!ignored) content.reserve(size);
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) content.append(buffer, static_cast<size_t>(in.gcount()));
  if (in.bad()) throw Error(fmt::format("cannot be read: {}", reason())).at(file.string());
  return content;
}

void write_file(const fs::path& file, const std::function<void(std::ostream&)>& produce) {
  located(file.string(), [&] {
    const fs::path temporary = file.string() + ".tmp";
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) throw Error("is a folder", "give the name of a file");
    try {
      write_temporary(temporary, produce);
      std::error_code code;
      fs::rename(temporary, file, code);
      if (code) throw Error(fmt::format("cannot be replaced: {}", code.message()), "check that the folder may be written");
    } catch (...) {
      fs::remove(temporary, ignored);
      throw;
    }
    try {
      flush_to_disk(file.parent_path().empty() ? fs::path(".") : file.parent_path());
    } catch (const Error&) {  // the file itself is on disk; a folder that cannot be flushed only delays the rename
    }
  });
}

void write_file(const fs::path& file, std::string_view content) {
  write_file(file, [&](std::ostream& out) { out.write(content.data(), static_cast<std::streamsize>(content.size())); });
}

void make_output_folder(const fs::path& folder) {
  located(folder.string(), [&] {
    std::error_code code;
    fs::create_directories(folder, code);
    if (code || !fs::is_directory(folder))
      throw Error(fmt::format("cannot be made a folder: {}", code ? code.message() : "a file has this name"), "give another output folder");
    const fs::path probe = folder / fmt::format(".phosphene-{}.tmp", getpid());
    errno = 0;
    const bool good = static_cast<bool>(std::ofstream(probe));
    const std::string why = reason();
    fs::remove(probe, code);
    if (!good) throw Error(fmt::format("is not writable: {}", why), "give another output folder");
  });
}

Json read_json(const fs::path& file) {
  const std::string text = read_file(file);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("is not JSON: {}", error.what()), "check the file").at(file.string());
  }
}

std::string json_text(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

void write_json(const fs::path& file, const Json& json) { write_file(file, json_text(json) + "\n"); }

std::string file_safe(std::string_view name) {
  std::string safe(name);
  for (char& c : safe) {
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!kept) c = '_';
  }
  return safe;
}

}  // namespace phosphene

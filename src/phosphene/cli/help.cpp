#include "phosphene/cli/help.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace phosphene {

namespace {

constexpr size_t kListLines = 3;
constexpr size_t kLeastColumns = 20;  // for a description; a narrower terminal breaks lines itself

// Where the description of an entry "  NAME   TEXT" starts; of any other line its first word.
size_t description_of(const std::string& line) {
  const size_t name = line.find_first_not_of(' ');
  const size_t gap = line.find("  ", name);
  const size_t text = gap == std::string::npos ? name : line.find_first_not_of(' ', gap);
  return text == std::string::npos ? name : text;
}

void wrap_line(std::string& to, const std::string& line, size_t width) {
  const size_t indent = description_of(line);
  if (line.size() <= width || indent == std::string::npos || indent + kLeastColumns > width) {
    to += line + "\n";
    return;
  }
  const bool list = line.size() - indent > kListLines * (width - indent);
  to += line.substr(0, indent);
  size_t column = indent;
  bool ended = false;        // an entry of the list
  std::ptrdiff_t depth = 0;  // of brackets
  std::istringstream words(line.substr(indent));
  for (std::string word; words >> word;) {
    if (column > indent && (ended || column + 1 + word.size() > width)) {
      to += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) to += " ", ++column;
    to += word;
    column += word.size();
    depth += std::ranges::count(word, '(') - std::ranges::count(word, ')');
    ended = list && depth == 0 && word.back() == ';';
  }
  to += "\n";
}

}  // namespace

int64_t terminal_width() {
  winsize size{};
  if (!isatty(STDOUT_FILENO)) return 0;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string wrapped(const std::string& help, int64_t width) {
  std::string text;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) wrap_line(text, line, static_cast<size_t>(width));
  return text;
}

std::string WrappedHelp::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  const std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
  const int64_t width = terminal_width();
  return width > 0 ? wrapped(help, width) : help;
}

}  // namespace phosphene

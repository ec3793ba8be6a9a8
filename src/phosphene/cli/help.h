// Help: the help of a command, broken into lines for a terminal.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace phosphene {

// Columns of the terminal that standard output is; 0 for a pipe or a file, whose readers want whole lines.
int64_t terminal_width();

// Breaks every line of a help text at blanks so that it has at most `width` columns; what follows is indented as the line's description is
// (its text behind two blanks, else its first word). A description that would fill more than three lines is a list: it also
// starts a line after each semicolon outside brackets. Words of more columns stay whole.
std::string wrapped(const std::string& help, int64_t width);

// CLI11's help, wrapped where it goes to a terminal.
class WrappedHelp : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace phosphene

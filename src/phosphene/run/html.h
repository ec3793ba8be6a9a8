// What the pages that phosphene writes into folders share.
#pragma once

#include <string>

namespace phosphene {

extern const char* const kPageStyle;  // the content of <style>

// Text as HTML shows it.
std::string escaped(const std::string& text);

}  // namespace phosphene

// UTF-8 (RFC 3629): 0xxxxxxx, or 110xxxxx 1110xxxx 11110xxx and one to three 10xxxxxx; shortest forms alone, no surrogates, up to U+10FFFF.
#include "phosphene/base/text.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {

namespace {

// Bytes of the character that begins here; 0 where none does.
size_t character_at(std::string_view bytes) {
  const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  const unsigned second = byte(1);
  const bool too_long = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return too_long || outside ? 0 : length;
}

void append_utf8(std::string& text, unsigned code) {
  const auto add = [&](unsigned byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) return add(0xC0 | code >> 6), add(0x80 | (code & 0x3F));
  if (code < 0x10000) return add(0xE0 | code >> 12), add(0x80 | (code >> 6 & 0x3F)), add(0x80 | (code & 0x3F));
  add(0xF0 | code >> 18), add(0x80 | (code >> 12 & 0x3F)), add(0x80 | (code >> 6 & 0x3F)), add(0x80 | (code & 0x3F));
}

// A surrogate without its partner becomes U+FFFD.
std::string from_utf16(std::string_view bytes, bool high_first) {
  const auto unit = [&](size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return high_first ? unsigned{a} << 8 | b : unsigned{b} << 8 | a;
  };
  std::string text;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned code = unit(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
      append_utf8(text, 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00));
      i += 2;
    } else {
      append_utf8(text, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    }
  }
  return text;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = character_at(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string as_utf8(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = character_at(bytes);
    length > 0 ? void(text.append(bytes.substr(0, length))) : void(text.append("\uFFFD"));
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
  return text;
}

std::string read_text(const std::filesystem::path& file) {
  std::string text = read_file(file);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return from_utf16(std::string_view(text).substr(2), text.starts_with("\xFE\xFF"));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (is_utf8(text)) return text;
  size_t line = 1;
  for (std::string_view rest = text; !rest.empty() && character_at(rest) > 0; rest.remove_prefix(character_at(rest)))
    line += rest[0] == '\n';
  throw Error("is not UTF-8", "save it as UTF-8").at(fmt::format("line {}", line)).at(file.string());
}

std::vector<std::string> read_lines(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
  return lines;
}

}  // namespace phosphene

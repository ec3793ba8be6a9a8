// SHA-256 of bytes that come piece by piece; of a whole text or file it is in base/file.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace phosphene {

class Sha256 {
 public:
  // Error where OpenSSL has none.
  Sha256();
  void add(std::string_view bytes);
  // Of all bytes so far; nothing can be added after it.
  std::string hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace phosphene

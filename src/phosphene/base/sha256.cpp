// SHA-256 (FIPS 180-4), by OpenSSL, which takes the processor's own instructions for it where there are any.
#include "phosphene/base/sha256.h"

#include <fstream>

#include <openssl/evp.h>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {
namespace {

void check(bool done) {
  if (!done) throw Error("OpenSSL gives no SHA-256", "look at its configuration");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(context_.get(), digest, &size));
  return fmt::format("{:02x}", fmt::join(digest, digest + size, ""));
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) throw Error("cannot be read", "give an existing file").at(file.string());
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add({buffer.data(), static_cast<size_t>(in.gcount())});
  }
  if (in.bad()) throw Error("reading failed").at(file.string());
  return hash.hex();
}

}  // namespace phosphene

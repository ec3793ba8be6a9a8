// Philox 4x32-10: ten rounds of
//   (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)),   (k0, k1) += (W0, W1)
// turn a 128-bit counter and a 64-bit key into four 32-bit numbers. Here the key is the seed; the upper half of the counter names the
// stream (purpose and step), the lower half counts its blocks.
#include "phosphene/base/rng.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

constexpr uint32_t kM0 = 0xD2511F53, kM1 = 0xCD9E8D57;  // multipliers
constexpr uint32_t kW0 = 0x9E3779B9, kW1 = 0xBB67AE85;  // Weyl increments of the key

void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{kM0} * c0, b = uint64_t{kM1} * c2;
    c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(b);
    c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(a);
    k0 += kW0;
    k1 += kW1;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

// FNV-1a of the purpose.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

// The finaliser of SplitMix64: a bijection, so that two steps of one purpose never share a stream.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

Rng::Rng(uint64_t seed, std::string_view purpose, uint64_t step) {
  const uint64_t stream = mix(hash_of(purpose) ^ mix(step));
  key_[0] = static_cast<uint32_t>(seed);
  key_[1] = static_cast<uint32_t>(seed >> 32);
  counter_[0] = counter_[1] = 0;
  counter_[2] = static_cast<uint32_t>(stream);
  counter_[3] = static_cast<uint32_t>(stream >> 32);
}

uint32_t Rng::next() {
  if (used_ == 4) {
    philox(counter_, key_, block_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[used_++];
}

double Rng::uniform() {
  const uint64_t high = next() >> 5, low = next() >> 6;  // 27 + 26 = 53 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform())), angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

int64_t Rng::below(int64_t bound) {
  PHOSPHENE_CHECK(bound >= 1);
  const uint64_t range = static_cast<uint64_t>(bound);
  const uint64_t reject = (0 - range) % range;  // 2^64 mod range: the first values would be too frequent
  uint64_t x;
  do {
    const uint64_t high = next();
    x = high << 32 | next();
  } while (x < reject);
  return static_cast<int64_t>(x % range);
}

void Rng::fill_normal(std::span<float> values, float deviation) {
  for (float& value : values) value = static_cast<float>(deviation * normal());
}

void Rng::fill_uniform(std::span<float> values, float low, float high) {
  for (float& value : values) value = low + (high - low) * (static_cast<float>(next() >> 8) * 0x1p-24f);
}

std::vector<int64_t> Rng::permutation(int64_t size) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = size - 1; i > 0; --i) std::swap(order[i], order[below(i + 1)]);
  return order;
}

}  // namespace phosphene

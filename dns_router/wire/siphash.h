// SipHash-2-4: a keyed hash of 64 bits that nobody without the key can predict (Aumasson and
// Bernstein 2012), which is what server cookies are made of (RFC 9018 section 4.4).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace terrella::dns {

static_assert(std::endian::native == std::endian::little, "words are read as the hash defines");

using SipKey = std::array<uint8_t, 16>;

namespace siphash_internal {

struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

}  // namespace siphash_internal

// The hash's eight bytes are the result's, least significant first. Thread: any.
inline uint64_t SipHash24(const SipKey& key, std::string_view bytes) {
  uint64_t k0, k1;
  std::memcpy(&k0, key.data(), 8);
  std::memcpy(&k1, key.data() + 8, 8);
  siphash_internal::State state{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
                                k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    state.Absorb(word);
  }
  uint64_t last = uint64_t{bytes.size()} << 56;
  std::memcpy(&last, bytes.data() + at, bytes.size() - at);  // below the length's byte
  state.Absorb(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace terrella::dns

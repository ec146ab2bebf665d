// Key derivation: HKDF (RFC 5869), PBKDF2 (RFC 8018 section 5.2) and scrypt (RFC 7914).
//
// PBKDF2 runs over plain hash states that are copied instead of keyed anew, which can be stopped,
// as OpenSSL's own loop cannot, and takes half its time. scrypt is OpenSSL's; its cost is known
// beforehand and bounded here.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "edge_node/runtime/crypto/hash.h"
#include "edge_node/runtime/crypto/secret_bytes.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

struct HkdfInput {
  HashId hash;
  std::string_view key;
  std::string_view salt;
  std::string_view info;
};
// Fills `out`. FailedPrecondition: more than 255 digests are asked for.
absl::Status Hkdf(const HkdfInput& input, WorkLimit limit, std::span<char> out);

struct Pbkdf2Input {
  HashId hash;
  std::string_view password;
  std::string_view salt;
  uint32_t iterations;  // > 0
};
absl::Status Pbkdf2(const Pbkdf2Input& input, WorkLimit limit, std::span<char> out);
// How many times two blocks are hashed: what PBKDF2's time is in proportion to.
uint64_t Pbkdf2Work(const Pbkdf2Input& input, size_t out_bytes);

struct ScryptInput {
  std::string_view password;
  std::string_view salt;
  uint64_t cost;        // N: a power of two, > 1
  uint64_t block_size;  // r
  uint64_t parallel;    // p
  uint64_t memory_bytes_max;
};
// Blocks of 128 bytes that scrypt mixes: what its time is in proportion to; 2^63 and more is 2^63.
uint64_t ScryptWork(const ScryptInput& input);
// A little over a second's worth.
inline constexpr uint64_t kScryptWorkMax = 1 << 23;
// InvalidArgument: the parameters are none of scrypt's, or need more than memory_bytes_max or
// kScryptWorkMax.
absl::Status Scrypt(const ScryptInput& input, std::span<char> out);

}  // namespace terrella::runtime

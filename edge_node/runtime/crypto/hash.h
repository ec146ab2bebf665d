// Hash: the hash functions that WebCrypto and node:crypto name, whole and piece by piece.
//
// SHA-1, SHA-2 and MD5 run on OpenSSL's plain state structures: a state is a few words that can be
// copied, where an EVP context is several allocations. That is what makes HMAC on a small message
// and an iteration of PBKDF2 cheap. The others go through EVP.
//
// Thread: a HashState belongs to one; the rest is immutable.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

// The numbers are known to js/subtle.js.
enum class HashId : uint8_t {
  kSha1,      // FIPS 180-4
  kSha256,    //
  kSha384,    //
  kSha512,    //
  kMd5,       // RFC 1321
  kSha3_256,  // FIPS 202
  kSha3_384,  //
  kSha3_512,  //
  kSha224,    // from here on for node:crypto alone
  kSha512_256,
  kSha3_224,
  kRipemd160,
};
inline constexpr size_t kHashCount = 12;
inline constexpr size_t kDigestBytesMax = 64;
inline constexpr size_t kHashBlockBytesMax = 144;  // SHA3-224

struct HashInfo {
  HashId id;
  std::string_view name;  // "SHA-256"
  size_t digest_bytes;
  size_t block_bytes;        // of HMAC's padding
  const char* openssl_name;  // for functions that take a digest by name
};
const HashInfo& InfoOf(HashId id);
// By WebCrypto's name or node's ("SHA-256", "sha256", "RSA-SHA256"), in any case.
std::optional<HashId> FindHash(std::string_view name);
// For OpenSSL's signatures. Fetched once a process.
const EVP_MD* EvpOf(HashId id);

// A hash under way.
class HashState {
 public:
  explicit HashState(HashId id);
  ~HashState();
  HashState(const HashState& other);
  HashState& operator=(const HashState& other);

  HashId id() const { return id_; }
  void Update(std::string_view bytes);
  // The same in pieces, until done or `limit` says stop.
  absl::Status Update(std::string_view bytes, WorkLimit limit);
  // Writes InfoOf(id()).digest_bytes; the state is of no more use.
  void Finish(char* out);

 private:
  static constexpr size_t kPlainBytes = 216;  // SHA512_CTX, the largest

  HashId id_;
  alignas(8) std::array<char, kPlainBytes> plain_;
  EvpMdCtxPtr evp_;  // null for those with a plain state
};

// Writes InfoOf(id).digest_bytes.
absl::Status Digest(HashId id, std::string_view bytes, WorkLimit limit, char* out);

}  // namespace terrella::runtime

// Block and stream ciphers whole messages at a time: AES in the modes CBC, CTR, GCM, OCB and key
// wrap, and ChaCha20-Poly1305.
//
// Keys are 16, 24 or 32 bytes (ChaCha20: 32); the caller has checked. Output goes into memory of
// the caller's, whose size it learns beforehand, so that nothing is copied twice. What does not
// work out (wrong tag, wrong padding, sizes no cipher takes) is FailedPrecondition and says no more
// than it must.
//
// Thread: any; contexts are per thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

inline constexpr size_t kAesBlockBytes = 16;

// --- CBC with the padding of PKCS #7 (RFC 5652 section 6.3). `iv` is one block.
struct CbcInput {
  std::string_view key;
  std::string_view iv;
  std::string_view data;
};
constexpr size_t CbcEncryptedSize(size_t plain) {
  return (plain / kAesBlockBytes + 1) * kAesBlockBytes;
}
absl::Status CbcEncrypt(const CbcInput& input, WorkLimit limit, std::span<char> out);
// Looks at the last block for how long the plain text is.
absl::StatusOr<size_t> CbcDecryptedSize(const CbcInput& input);
// `out` has that size.
absl::Status CbcDecrypt(const CbcInput& input, WorkLimit limit, std::span<char> out);

// --- CTR, where the last `counter_bits` (1 to 128) of the block count and wrap around (NIST SP
// 800-38A appendix B.1). Both ways the same. `counter` is one block.
struct CtrInput {
  std::string_view key;
  std::string_view counter;
  int counter_bits;
  std::string_view data;
};
// `out` is as long as the data.
absl::Status CtrCrypt(const CtrInput& input, WorkLimit limit, std::span<char> out);

// --- Authenticated encryption: the tag follows the text.
enum class AeadKind : uint8_t {
  kAesGcm,            // NIST SP 800-38D; iv of 1 to 128 bytes
  kAesOcb,            // RFC 7253; iv of 1 to 15 bytes
  kChaCha20Poly1305,  // RFC 8439; iv of 12 bytes, tag of 16
};
struct AeadInput {
  AeadKind kind;
  std::string_view key;
  std::string_view iv;
  std::string_view additional_data;
  size_t tag_bytes;
  std::string_view data;
};
// `out` is longer than the data by the tag.
absl::Status AeadSeal(const AeadInput& input, WorkLimit limit, std::span<char> out);
// `out` is shorter than the data by the tag, which the data is not shorter than. Wiped when the tag
// is wrong.
absl::Status AeadOpen(const AeadInput& input, WorkLimit limit, std::span<char> out);

// --- Key wrap (RFC 3394). `out` is longer by eight bytes.
inline constexpr size_t kKeyWrapBytes = 8;
// Six passes that nothing can stop: some ten milliseconds for as much as this.
inline constexpr size_t kKeyWrapBytesMax = 1 << 20;
absl::Status KeyWrap(std::string_view key, std::string_view data, std::span<char> out);
absl::Status KeyUnwrap(std::string_view key, std::string_view data, std::span<char> out);

}  // namespace terrella::runtime

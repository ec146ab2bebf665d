// SigningKeys: the keys of a signed zone: ECDSA on P-256 with SHA-256, algorithm 13 (RFC 6605).
//
// One key does both jobs, it signs the zone's data and is what the parent's DS names (a combined
// signing key). A file holds them as PEM, made on first use. The first signs data; all are in the
// DNSKEY set, and all sign that set, so a key rolls over without a moment at which a validator that
// knows only the old DS or the new one fails: append the new key; when the old DNSKEY set has left
// caches, put the new DS at the parent; when the old DS has left caches, move the new key first;
// when the old signatures have left caches, remove the old key (RFC 6781 section 4.1.3).
//
// Thread: immutable, any.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/free_with.h"

typedef struct evp_pkey_st EVP_PKEY;
extern "C" void EVP_PKEY_free(EVP_PKEY*);

namespace terrella::dns {

constexpr uint8_t kEcdsaP256Sha256 = 13;
constexpr size_t kSignatureBytes = 64;  // r and s (RFC 6605 section 4)
using Signature = std::array<char, kSignatureBytes>;

class SigningKey {
 public:
  static SigningKey Generate();
  // `pem`: one private key.
  static absl::StatusOr<SigningKey> FromPem(std::string_view pem);
  std::string ToPem() const;

  // The content of its DNSKEY record: flags 257, protocol 3, algorithm, the point.
  const std::string& dnskey() const { return dnskey_; }
  uint16_t tag() const { return tag_; }  // RFC 4034 appendix B; two keys may share one
  // Of the DNSKEY record: two keys never share it.
  const std::array<uint8_t, 16>& fingerprint() const { return fingerprint_; }
  Signature Sign(std::string_view bytes) const;
  // The content of the DS record for the zone `apex`, by SHA-256 (RFC 4509).
  std::string Ds(std::string_view apex_wire) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
  explicit SigningKey(Key key);

  Key key_;
  std::string dnskey_;
  uint16_t tag_ = 0;
  std::array<uint8_t, 16> fingerprint_{};
};

struct SigningKeys {
  static constexpr size_t kKeysMax = 4;
  std::vector<SigningKey> keys;  // at least one; the first signs the zone's data

  // InvalidArgument says which of the keys is wrong.
  static absl::StatusOr<SigningKeys> FromPem(std::string_view text);
  // NotFound when there is no file.
  static absl::StatusOr<std::shared_ptr<const SigningKeys>> Read(const std::filesystem::path& path);
  // Makes the file, readable by its owner alone, with a new key when there is none.
  static absl::StatusOr<std::shared_ptr<const SigningKeys>> ReadOrMake(
      const std::filesystem::path& path);
};

}  // namespace terrella::dns

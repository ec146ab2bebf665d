// AeadBox: what is kept with one key: each value sealed so that it says nothing to who has not got
// the key, and opens only for what it was sealed for.
//
// XChaCha20-Poly1305 as libsodium's crypto_aead_xchacha20poly1305_ietf has it. Its nonces are long
// enough to be drawn at random for as long as a key lives. The purpose is the additional data: a
// value that was moved to another name does not open.
//
// Thread: any (immutable once made).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::control {

class AeadBox {
 public:
  static constexpr size_t kKeyBytes = 32;

  // The key is kKeyBytes long.
  explicit AeadBox(std::string key);
  ~AeadBox();
  AeadBox(const AeadBox&) = delete;
  AeadBox& operator=(const AeadBox&) = delete;

  // nonce (24 bytes), ciphertext, tag (16).
  std::string Seal(std::string_view value, std::string_view purpose) const;
  // DataLoss when it was not sealed with this key and for this purpose.
  absl::StatusOr<std::string> Unseal(std::string_view sealed, std::string_view purpose) const;
  // What the key is called where it may be read: 16 hexadecimal digits, from which it cannot be
  // found.
  std::string KeyId() const;
  // To be sealed itself.
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

}  // namespace terrella::control

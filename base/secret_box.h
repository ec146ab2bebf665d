// SecretBox: values sealed with one key, so that what they are sent in says nothing to who has not
// got it. The control plane sends secrets so, by a key of each push; before scripts had keys of
// their own (control_plane/secrets) it kept them so, too.
//
// AES-256-GCM (NIST SP 800-38D) with a random nonce for each value and, as additional data, what
// the value is for: a sealed value moved to another name does not open. What it leaves out: who may
// read the key may read the secrets, and so may who reads this process' memory.
//
// Thread: any (immutable once made).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace terrella {

class SecretBox {
 public:
  static constexpr size_t kKeyBytes = 32;

  explicit SecretBox(std::string key) : key_(std::move(key)) {}
  ~SecretBox();
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;

  // nonce (12 bytes), ciphertext, tag (16).
  absl::StatusOr<std::string> Seal(std::string_view value, std::string_view purpose) const;
  // DataLoss when it was not sealed with this key and for this purpose.
  absl::StatusOr<std::string> Unseal(std::string_view sealed, std::string_view purpose) const;

 private:
  std::string key_;
};

}  // namespace terrella

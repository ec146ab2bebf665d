// SecretBox: values sealed with one key, so that what they are kept in or sent in says nothing to
// who has not got it. The control plane keeps its secrets so, by a key file beside its database,
// and sends them so, by a key of each push.
//
// AES-256-GCM (NIST SP 800-38D) with a random nonce for each value and, as additional data, what
// the value is for: a sealed value moved to another name does not open. What it leaves out: who may
// read the key may read the secrets, and so may who reads this process' memory.
//
// Thread: any (immutable once made).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella {

class SecretBox {
 public:
  static constexpr size_t kKeyBytes = 32;

  // The key in `file`; errors are those of OpenKeyFile.
  static absl::StatusOr<std::shared_ptr<const SecretBox>> Open(const std::filesystem::path& file);
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

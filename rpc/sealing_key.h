// SealingKey: what is meant for one node alone is sealed to its key, and only the process that
// holds the other half opens it: not who carries it, not who finds it on a disk.
//
// X25519 and XSalsa20-Poly1305 as libsodium's crypto_box_seal has them: the sender makes a key pair
// of his own for each message and forgets it, so that he cannot open it again either. Who sent it
// is not in it: the connection says that.
//
// Thread: any (immutable once made).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::rpc {

class SealingKey {
 public:
  static constexpr size_t kBytes = 32;  // of either half

  // The secret half in `file`; errors are those of OpenKeyFile.
  static absl::StatusOr<std::shared_ptr<const SealingKey>> Open(const std::filesystem::path& file);
  // One that ends with the process.
  static std::shared_ptr<const SealingKey> Make();
  explicit SealingKey(std::string secret);
  ~SealingKey();
  SealingKey(const SealingKey&) = delete;
  SealingKey& operator=(const SealingKey&) = delete;

  const std::string& public_key() const { return public_; }
  // DataLoss when it was not sealed to this key.
  absl::StatusOr<std::string> Unseal(std::string_view sealed) const;

 private:
  std::string secret_;
  std::string public_;
};

// 48 bytes longer than the message. InvalidArgument when `public_key` is none.
absl::StatusOr<std::string> SealTo(std::string_view public_key, std::string_view message);
absl::Status CheckSealingKey(std::string_view public_key);

}  // namespace terrella::rpc

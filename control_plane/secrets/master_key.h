// MasterKey: the one key that is kept outside the store, by which the keys of scripts in it are
// wrapped: who has the store alone has no secret.
//
// Values of before there were keys of scripts were sealed by the master key itself (SecretBox);
// they still open.
//
// Thread: any (immutable once made).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret_box.h"
#include "control_plane/secrets/aead_box.h"

namespace terrella::control {

// In the folder of the state: the key, and the one that takes its place as long as not everything
// is wrapped by that yet.
constexpr std::string_view kMasterKeyFile = "secrets.key";
constexpr std::string_view kNextMasterKeyFile = "secrets.key.next";

class MasterKey {
 public:
  static constexpr size_t kIdBytes = 16;

  // The key in `file`, made when there is none; errors are those of OpenKeyFile.
  static absl::StatusOr<std::shared_ptr<const MasterKey>> Open(const std::filesystem::path& file);
  explicit MasterKey(const std::string& key) : box_(key), old_box_(key), id_(box_.KeyId()) {}

  // kIdBytes hexadecimal digits; no secret.
  const std::string& id() const { return id_; }

  std::string Wrap(const AeadBox& script_key, std::string_view script) const;
  // DataLoss when it was not wrapped by this key for that script.
  absl::StatusOr<std::shared_ptr<const AeadBox>> Unwrap(std::string_view wrapped,
                                                        std::string_view script) const;

  // A value that was sealed by the key itself. DataLoss when it was not.
  absl::StatusOr<std::string> UnsealOld(std::string_view sealed, std::string_view purpose) const {
    return old_box_.Unseal(sealed, purpose);
  }

 private:
  const AeadBox box_;
  const SecretBox old_box_;
  const std::string id_;
};

}  // namespace terrella::control

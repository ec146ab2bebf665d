#include "control_plane/secrets/master_key.h"

#include <utility>

#include "base/key_file.h"
#include "base/status.h"

namespace terrella::control {
namespace {

// What a wrapped key is bound to.
std::string WrapPurpose(std::string_view script) {
  return fmt::format("secret-key/{}", script);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const MasterKey>> MasterKey::Open(
    const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const std::string key, OpenKeyFile(file, AeadBox::kKeyBytes));
  return std::make_shared<const MasterKey>(key);
}

std::string MasterKey::Wrap(const AeadBox& script_key, std::string_view script) const {
  return box_.Seal(script_key.key(), WrapPurpose(script));
}

absl::StatusOr<std::shared_ptr<const AeadBox>> MasterKey::Unwrap(std::string_view wrapped,
                                                                 std::string_view script) const {
  ASSIGN_OR_RETURN(std::string key, box_.Unseal(wrapped, WrapPurpose(script)));
  if (key.size() != AeadBox::kKeyBytes) return DataLoss("it is no key");
  return std::make_shared<const AeadBox>(std::move(key));
}

}  // namespace terrella::control

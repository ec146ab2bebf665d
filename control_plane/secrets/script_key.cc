#include "control_plane/secrets/script_key.h"

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/status.h"
#include "bundle/secret_purpose.h"

namespace terrella::control {

ScriptKey ScriptKey::Of(const MasterKey& master, const v1::SecretSet& set) {
  ScriptKey key(set.script());
  const std::string_view row = set.sealed_key();
  if (row.empty()) return key;
  key.wrapped_by_ = row.size() > MasterKey::kIdBytes ? row.substr(0, MasterKey::kIdBytes) : "none";
  if (key.wrapped_by_ != master.id()) return key;
  auto box = master.Unwrap(row.substr(MasterKey::kIdBytes), set.script());
  if (box.ok()) key.box_ = *std::move(box);
  return key;
}

ScriptKey ScriptKey::Fresh(const MasterKey& master, const std::string& script) {
  ScriptKey key(script);
  key.wrapped_by_ = master.id();
  key.box_ = std::make_shared<const AeadBox>(RandomBytes(AeadBox::kKeyBytes));
  return key;
}

std::string ScriptKey::WrappedBy(const MasterKey& master) const {
  CHECK(opens());
  return master.id() + master.Wrap(*box_, script_);
}

void ScriptKey::Seal(std::string_view value, v1::Secret& secret) const {
  CHECK(opens());
  secret.set_sealed(box_->Seal(value, bundle::SecretPurpose(script_, secret.name())));
}

absl::StatusOr<std::string> ScriptKey::Unseal(const MasterKey& master,
                                              const v1::Secret& secret) const {
  const std::string purpose = bundle::SecretPurpose(script_, secret.name());
  if (!exists()) return master.UnsealOld(secret.sealed(), purpose);
  if (opens()) return box_->Unseal(secret.sealed(), purpose);
  return DataLoss("{} is the key {}, and it needs the key {}", kMasterKeyFile, master.id(),
                  wrapped_by_);
}

bool OpensSecrets(const MasterKey& master, const v1::SecretSet& set) {
  const ScriptKey key = ScriptKey::Of(master, set);
  if (key.exists() || set.secrets().empty()) return key.opens() || !key.exists();
  return key.Unseal(master, set.secrets(0)).ok();
}

absl::StatusOr<v1::SecretSet> RewrapSecrets(const v1::SecretSet& set, const MasterKey& before,
                                            const MasterKey& after) {
  const ScriptKey key = ScriptKey::Of(before, set);
  const ScriptKey fresh = ScriptKey::Fresh(after, set.script());
  v1::SecretSet rewrapped = set;
  for (v1::Secret& secret : *rewrapped.mutable_secrets()) {
    const auto value = key.Unseal(before, secret);
    if (!value.ok()) {
      return DataLoss("secret {} of script {}: {}", secret.name(), set.script(),
                      Message(value.status()));
    }
    fresh.Seal(*value, secret);
  }
  rewrapped.set_sealed_key(fresh.WrappedBy(after));
  return rewrapped;
}

}  // namespace terrella::control

#include "edge_node/control/node_secrets.h"

#include <string>
#include <utility>

#include "base/random.h"
#include "base/secret_box.h"
#include "base/status.h"
#include "bundle/secret_purpose.h"

namespace terrella::edge {

absl::StatusOr<v1::SecretSet> OpenSecrets(const v1::SecretSet& set, const rpc::SealingKey& key) {
  ASSIGN_OR_RETURN(std::string opener, key.Unseal(set.sealed_key()));
  if (opener.size() != SecretBox::kKeyBytes) {
    return DataLoss("what opens the secrets of {} is no key", set.script());
  }
  const SecretBox box(std::move(opener));
  v1::SecretSet open;
  open.set_script(set.script());
  for (const v1::Secret& secret : set.secrets()) {
    v1::Secret& one = *open.add_secrets();
    one.set_name(secret.name());
    ASSIGN_OR_RETURN(
        *one.mutable_value(),
        box.Unseal(secret.sealed(), bundle::SecretPurpose(set.script(), secret.name())));
  }
  return open;
}

absl::StatusOr<v1::SecretSet> SealSecrets(const v1::SecretSet& open, const rpc::SealingKey& key) {
  std::string opener = RandomBytes(SecretBox::kKeyBytes);
  v1::SecretSet sealed;
  sealed.set_script(open.script());
  ASSIGN_OR_RETURN(*sealed.mutable_sealed_key(), rpc::SealTo(key.public_key(), opener));
  const SecretBox box(std::move(opener));
  for (const v1::Secret& secret : open.secrets()) {
    v1::Secret& one = *sealed.add_secrets();
    one.set_name(secret.name());
    ASSIGN_OR_RETURN(*one.mutable_sealed(),
                     box.Seal(secret.value(), bundle::SecretPurpose(open.script(), secret.name())));
  }
  return sealed;
}

}  // namespace terrella::edge

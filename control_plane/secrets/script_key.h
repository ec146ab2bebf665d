// ScriptKey: the random key that the secrets of one script are sealed with. It stands beside them
// in their row of the store, wrapped by the master key. With the row it goes, and a new master key
// comes with a new one: who had the old master key may know this, too.
//
// In the row: v1::SecretSet.sealed_key, which is the id of the master key followed by what that key
// wrapped. A row without one is of before there were keys of scripts: its values are sealed by the
// master key itself.
//
// Thread: any (immutable once made).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "control_plane/secrets/aead_box.h"
#include "control_plane/secrets/master_key.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

class ScriptKey {
 public:
  // That of a row.
  static ScriptKey Of(const MasterKey& master, const v1::SecretSet& set);
  static ScriptKey Fresh(const MasterKey& master, const std::string& script);

  // Whether the row has one. It may be of another master key.
  bool exists() const { return !wrapped_by_.empty(); }
  bool opens() const { return box_ != nullptr; }
  // The id of the master key that wrapped it; "none" when what is there is no key.
  const std::string& wrapped_by() const { return wrapped_by_; }

  // What stands in the row, by that master key. Needs opens().
  std::string WrappedBy(const MasterKey& master) const;
  // Sets the value. Needs opens().
  void Seal(std::string_view value, v1::Secret& secret) const;
  // DataLoss, with the reason, when it does not open: neither by the key nor, of before, by
  // `master`.
  absl::StatusOr<std::string> Unseal(const MasterKey& master, const v1::Secret& secret) const;

 private:
  explicit ScriptKey(std::string script) : script_(std::move(script)) {}

  std::string script_;
  std::string wrapped_by_;
  std::shared_ptr<const AeadBox> box_;
};

// Whether `master` is the key that this row needs.
bool OpensSecrets(const MasterKey& master, const v1::SecretSet& set);

// The same secrets, by a new key of the script's own that `after` wraps. DataLoss names the secret
// that does not open with `before`.
absl::StatusOr<v1::SecretSet> RewrapSecrets(const v1::SecretSet& set, const MasterKey& before,
                                            const MasterKey& after);

}  // namespace terrella::control

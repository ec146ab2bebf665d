// SecretKeeper: the secrets of scripts: put, taken away, listed by name, and handed to whoever
// builds a push. Values leave it for the nodes only, sealed.
//
// A script's secrets are one row of the store, each value sealed by the script's own key
// (ScriptKey), apart from its versions: code can be rolled back without an old password coming back
// with it. A change is committed together with a new deployment of the same version, so that every
// node and the history see it.
//
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret_box.h"
#include "control_plane/rollout/catalog.h"
#include "control_plane/secrets/master_key.h"
#include "terrella/v1/secrets.pb.h"

namespace terrella::control {

struct SecretLimits {
  int secrets_max = 64;  // of one script
  size_t value_bytes_max = 5 << 10;
};

class SecretKeeper {
 public:
  // `committed` is called with the new revision. Without a master key nothing can be put.
  SecretKeeper(const Clock& clock, StateStore& store, const ResourceTable& table, Catalog& catalog,
               std::shared_ptr<const MasterKey> master, std::function<void(Revision)> committed)
      : clock_(clock),
        store_(store),
        table_(table),
        catalog_(catalog),
        master_(std::move(master)),
        committed_(std::move(committed)) {}

  absl::StatusOr<v1::DeployResponse> Put(const v1::PutSecretsRequest& request);
  absl::StatusOr<v1::DeployResponse> Delete(const v1::DeleteSecretsRequest& request);
  absl::StatusOr<v1::ListSecretsResponse> List(const v1::ListSecretsRequest& request);

  // Before anything is sent to nodes: says when another master key is needed, and remembers it.
  // Nodes that start over meanwhile are sent secrets without values; when the right key is back,
  // every row is written once more, so that it is news also to those that have its revision.
  absl::Status BeginWithMaster();

 private:
  v1::SecretSet SetOf(const std::string& script) const;
  // FailedPrecondition when there is no master key, or another one is needed: nothing is sealed by
  // a key that took the place of a lost one while anything needs that.
  absl::Status CheckMaster() const;
  // The row, and the deployment when there is one.
  absl::StatusOr<v1::DeployResponse> Commit(v1::SecretSet set, std::string why);

  const Clock& clock_;
  StateStore& store_;
  const ResourceTable& table_;
  Catalog& catalog_;
  const std::shared_ptr<const MasterKey> master_;
  const std::function<void(Revision)> committed_;
  const SecretLimits limits_;
};

// "secret/hello": the resource's name.
std::string SecretsName(std::string_view script);

// The set as nodes get it: each value sealed by `push` instead of the script's key. A value that
// does not open is left out, with a line in the log.
v1::SecretSet ResealSecrets(const v1::SecretSet& set, const MasterKey* master,
                            const SecretBox& push);

// InvalidArgument when the version has a binding of a secret's name. `set` may be null.
absl::Status CheckSecretNames(const v1::Version& version, const v1::SecretSet* set);

}  // namespace terrella::control

#include "control_plane/secrets/key_rotation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "control_plane/secrets/master_key.h"
#include "control_plane/secrets/script_key.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {
namespace {

constexpr std::string_view kSecretsPrefix = "live/secret/";

// What is on the disk after a rename stays there only when its folder is synced.
absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    return Unavailable("{} cannot be renamed to {}: {}", from.string(), to.string(),
                       strerror(errno));
  }
  const int folder = open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0) close(folder);
  return synced ? absl::OkStatus() : Unavailable("{} cannot be synced", to.parent_path().string());
}

struct Keys {
  std::shared_ptr<const MasterKey> before;
  std::shared_ptr<const MasterKey> after;
};

struct Row {
  v1::SecretSet set;
  Revision modified = 0;
};

// By key of the store.
absl::StatusOr<std::map<std::string, Row>> ReadRows(StateStore& store) {
  ASSIGN_OR_RETURN(const RangeResult range, store.Range(kSecretsPrefix));
  std::map<std::string, Row> rows;
  for (const Record& record : range.records) {
    v1::Resource resource;
    const std::string script = record.key.substr(kSecretsPrefix.size());
    if (!resource.ParseFromString(record.value)) {
      return DataLoss("the secrets of script {} cannot be read", script);
    }
    Row& row = rows[record.key];
    row = {.set = std::move(*resource.mutable_secrets()), .modified = record.modified};
    row.set.set_script(script);
  }
  return rows;
}

// FailedPrecondition when something opens with neither key. Null: there is one only. While there
// are two, no control plane serves who could delete a secret.
absl::Status CheckAllOpen(const std::map<std::string, Row>& rows, const MasterKey& before,
                          const MasterKey* after) {
  for (const auto& [key, row] : rows) {
    if (after != nullptr && ScriptKey::Of(*after, row.set).opens()) continue;
    if (const auto tried = RewrapSecrets(row.set, before, before); !tried.ok()) {
      return FailedPrecondition(
          "{}; put that key back from its copy, or {}: no key was changed", Message(tried.status()),
          after == nullptr
              ? "delete the secret"
              : fmt::format("move {} away until the secret is deleted", kNextMasterKeyFile));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyRotation> Rewrap(StateStore& store, const Keys& keys) {
  ASSIGN_OR_RETURN(const auto rows, ReadRows(store));
  RETURN_IF_ERROR(CheckAllOpen(rows, *keys.before, keys.after.get()));
  KeyRotation done{.before = keys.before->id(), .after = keys.after->id()};
  for (const auto& [key, row] : rows) {
    ++done.scripts;
    if (ScriptKey::Of(*keys.after, row.set).opens()) continue;
    if (!ScriptKey::Of(*keys.before, row.set).exists()) ++done.moved;
    v1::Resource body;
    ASSIGN_OR_RETURN(*body.mutable_secrets(), RewrapSecrets(row.set, *keys.before, *keys.after));
    RETURN_IF_ERROR(store
                        .Txn({.compares = {{key, row.modified}},
                              .ops = {Op::Put(key, body.SerializeAsString())}})
                        .status());
  }
  // The old key goes when nothing needs it, which the store says and not this function's memory.
  ASSIGN_OR_RETURN(const auto after, ReadRows(store));
  for (const auto& [key, row] : after) {
    if (ScriptKey::Of(*keys.after, row.set).opens()) continue;
    return Aborted("{} was changed meanwhile: is another control plane serving?", key);
  }
  return done;
}

}  // namespace

absl::StatusOr<KeyRotation> RotateMasterKey(StateStore& store,
                                            const std::filesystem::path& folder) {
  const std::filesystem::path current = folder / kMasterKeyFile, next = folder / kNextMasterKeyFile;
  ASSIGN_OR_RETURN(const auto before, MasterKey::Open(current));
  std::error_code error;
  if (!std::filesystem::exists(next, error)) {
    // Before there is a next key: what is refused leaves nothing behind.
    ASSIGN_OR_RETURN(const auto rows, ReadRows(store));
    RETURN_IF_ERROR(CheckAllOpen(rows, *before, nullptr));
  }
  ASSIGN_OR_RETURN(const auto after, MasterKey::Open(next));
  ASSIGN_OR_RETURN(KeyRotation done, Rewrap(store, {.before = before, .after = after}));
  RETURN_IF_ERROR(Rename(next, current));
  LogInfo("the keys of {} scripts are wrapped by the key {} instead of {}", done.scripts,
          done.after, done.before);
  return done;
}

absl::Status CheckNotRotating(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder / kNextMasterKeyFile, error)) return absl::OkStatus();
  return FailedPrecondition(
      "the secrets' key is being changed; when that was broken off, start the control plane, which "
      "ends it");
}

absl::StatusOr<std::optional<KeyRotation>> FinishRotation(StateStore& store,
                                                          const std::filesystem::path& folder) {
  if (CheckNotRotating(folder).ok()) return std::nullopt;
  LogWarn("a change of the secrets' key was broken off; going on with it");
  return RotateMasterKey(store, folder);
}

}  // namespace terrella::control

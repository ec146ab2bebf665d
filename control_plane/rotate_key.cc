#include "control_plane/rotate_key.h"

#include <memory>

#include "base/status.h"
#include "control_plane/backup/backup.h"
#include "control_plane/store/campaign_once.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/fenced_store.h"
#include "control_plane/store/sqlite_store.h"

namespace terrella::control {
namespace {

// Half of a restored store is no store: what a repeated restore brings needs the key of now.
absl::StatusOr<KeyRotation> RotateIn(StateStore& store, const ControlOptions& options) {
  RETURN_IF_ERROR(CheckNotRestoring(store));
  return RotateMasterKey(store, options.state);
}

}  // namespace

absl::StatusOr<KeyRotation> RotateKey(const ControlOptions& options) {
  if (!options.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<StateStore> store,
                     SqliteStore::Open(options.state, options.store));
    return RotateIn(*store, options);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<EtcdStore> store,
                   EtcdStore::Open(*options.etcd, options.store));
  ASSIGN_OR_RETURN(const auto leadership, CampaignOnce(*store, "rotate-key"));
  FencedStore fenced(*store, leadership->fence());
  return RotateIn(fenced, options);
}

std::string ToJson(const KeyRotation& rotation) {
  return fmt::format(R"({{"before":"{}","after":"{}","scripts":{},"moved":{}}})", rotation.before,
                     rotation.after, rotation.scripts, rotation.moved);
}

}  // namespace terrella::control

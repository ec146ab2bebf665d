#include "control_plane/identity/revocations.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "http/tls/authority.h"

namespace terrella::control {
namespace {

constexpr std::string_view kPrefix = "identity/revoked/";
constexpr int kGoodSerialsMax = 64;  // a node; the oldest are over by then

std::string KeyOf(std::string_view node) {
  return std::string(kPrefix) + std::string(node);
}

}  // namespace

struct Revocations::State {
  Listener listener;
  std::mutex mutex;
  std::map<std::string, v1::RevokedNodeRow, std::less<>> rows;  // guarded by mutex

  // True when the row says more than before: a revocation, not a certificate issued since.
  bool Take(const Record& record) {
    v1::RevokedNodeRow row;
    const std::string node = record.key.substr(kPrefix.size());
    if (!row.ParseFromString(record.value)) {
      LogError("the revocation of node {} cannot be read; all its certificates are refused", node);
    }
    const std::lock_guard lock(mutex);
    v1::RevokedNodeRow& have = rows[node];
    const bool revoked =
        have.revoked_unix_ms() != row.revoked_unix_ms() || row.good_serials().empty();
    have = std::move(row);
    return revoked;
  }
};

absl::StatusOr<std::unique_ptr<Revocations>> Revocations::Load(StateStore& store,
                                                               Listener listener) {
  std::unique_ptr<Revocations> self(new Revocations(store));
  self->state_ = std::make_shared<State>();
  self->state_->listener = std::move(listener);
  ASSIGN_OR_RETURN(const RangeResult range, store.Range(kPrefix));
  for (const Record& record : range.records) self->state_->Take(record);
  ASSIGN_OR_RETURN(
      self->watch_,
      store.WatchPrefix(kPrefix, range.revision,
                        [state = self->state_](Revision, std::span<const Event> events) {
                          for (const Event& event : events) {
                            if (event.deleted || !state->Take(event.record)) continue;
                            state->listener(event.record.key.substr(kPrefix.size()));
                          }
                        }));
  return self;
}

bool Revocations::Holds(std::string_view node) const {
  const std::lock_guard lock(state_->mutex);
  return state_->rows.contains(node);
}

absl::Status Revocations::Check(std::string_view node, std::string_view certificate_pem) const {
  std::vector<std::string> good;
  {
    const std::lock_guard lock(state_->mutex);
    const auto it = state_->rows.find(node);
    if (it == state_->rows.end()) return absl::OkStatus();
    good.assign(it->second.good_serials().begin(), it->second.good_serials().end());
  }
  const auto facts = http::DescribeCertificate(certificate_pem);
  if (facts.ok() && std::find(good.begin(), good.end(), facts->serial) != good.end()) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "the certificates of node {} were revoked; it comes back with a token of "
      "'terrella nodes join-token --node {}'",
      node, node);
}

absl::Status Revocations::Revoke(const std::string& node, const std::string& request_id,
                                 WallTime now) {
  v1::RevokedNodeRow row;
  row.set_revoked_unix_ms(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  TxnRequest txn{.ops = {Op::Put(KeyOf(node), row.SerializeAsString())}};
  txn.request_id = request_id;
  return store_.Txn(txn).status();
}

absl::Status Revocations::AddGoodSerial(std::string_view node, const std::string& serial,
                                        TxnRequest& txn) const {
  const absl::StatusOr<Record> record = store_.Get(KeyOf(node));
  if (absl::IsNotFound(record.status())) {
    txn.compares.push_back({KeyOf(node), 0});
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(record.status());
  v1::RevokedNodeRow row;
  if (!row.ParseFromString(record->value)) return DataLoss("the revocation of node {}", node);
  row.add_good_serials(serial);
  if (row.good_serials_size() > kGoodSerialsMax) {
    row.mutable_good_serials()->DeleteSubrange(0, row.good_serials_size() - kGoodSerialsMax);
  }
  txn.compares.push_back({record->key, record->modified});
  txn.ops.push_back(Op::Put(record->key, row.SerializeAsString()));
  return absl::OkStatus();
}

}  // namespace terrella::control

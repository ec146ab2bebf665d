// AuditedStore: a StateStore through which no change of a call goes unrecorded.
//
// It stands between everything that decides and the store proper. A transaction that is made for
// a call (CallScope) whose rule asks for a trace carries the call's audit row, in itself: both are
// there after a crash, or neither. A transaction for a call that was not permitted is refused,
// whoever forgot to ask. Transactions outside of calls are the network's own housekeeping
// (registrations, leases) and pass as they are.
//
// Thread: any. A transaction has room for as many operations as the store allows, less three.
#pragma once

#include "control_plane/access/audit_log.h"
#include "control_plane/store/forwarding_store.h"

namespace terrella::control {

class AuditedStore final : public ForwardingStore {
 public:
  // Both outlive it.
  AuditedStore(StateStore& store, AuditLog& log) : ForwardingStore(store), log_(log) {}

  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override;

 private:
  AuditLog& log_;
};

}  // namespace terrella::control

#include "control_plane/access/audited_store.h"

#include "base/status.h"
#include "control_plane/access/call.h"

namespace terrella::control {

absl::StatusOr<TxnResult> AuditedStore::Txn(const TxnRequest& request) {
  const std::shared_ptr<Call> call = CallScope::Current();
  if (call == nullptr || call->rule().trace != MethodRule::Trace::kWithTxn) {
    return ForwardingStore::Txn(request);
  }
  if (!call->permitted()) {
    return PermissionDenied("{} changes something that it was not permitted to",
                            call->rule().method);
  }
  v1::AuditRow row = call->Row();
  row.set_outcome("OK");
  absl::StatusOr<TxnResult> result = log_.Commit(request, std::move(row));
  if (result.ok() && !result->replayed) call->CountRow();
  return result;
}

}  // namespace terrella::control

#include "control_plane/store/state_store.h"

#include <set>

#include "base/random.h"
#include "base/status.h"

namespace terrella::control {
namespace {

absl::Status CheckKey(std::string_view key, const StoreLimits& limits) {
  if (key.empty()) return InvalidArgument("a key must not be empty");
  if (key.size() > limits.key_bytes_max) {
    return InvalidArgument("a key of {} bytes is over the limit of {}", key.size(),
                           limits.key_bytes_max);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTxn(const TxnRequest& request, const StoreLimits& limits) {
  if (request.ops.size() > limits.txn_ops_max || request.compares.size() > limits.txn_ops_max) {
    return InvalidArgument(
        "a transaction of {} operations and {} comparisons is over the limit of {}",
        request.ops.size(), request.compares.size(), limits.txn_ops_max);
  }
  if (request.request_id.size() > limits.request_id_bytes_max) {
    return InvalidArgument("a request id of {} bytes is over the limit of {}",
                           request.request_id.size(), limits.request_id_bytes_max);
  }
  size_t bytes = request.result.size();
  std::set<std::string_view> written;
  for (const Op& op : request.ops) {
    RETURN_IF_ERROR(CheckKey(op.key, limits));
    if (!written.insert(op.key).second) {
      return InvalidArgument("a transaction writes key '{}' twice", op.key);
    }
    bytes += op.key.size() + op.value.size();
  }
  for (const Compare& compare : request.compares) {
    RETURN_IF_ERROR(CheckKey(compare.key, limits));
    bytes += compare.key.size();
  }
  if (bytes > limits.txn_bytes_max) {
    return InvalidArgument("a transaction of {} bytes is over the limit of {}", bytes,
                           limits.txn_bytes_max);
  }
  return absl::OkStatus();
}

uint64_t NewEpoch() {
  uint64_t epoch = 0;
  while (epoch == 0) FillRandom(&epoch, sizeof(epoch));
  return epoch;
}

}  // namespace terrella::control

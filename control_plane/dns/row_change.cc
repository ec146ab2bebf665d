#include "control_plane/dns/row_change.h"

#include <utility>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kRequestIdBytesMax = 128;

}  // namespace

RowChange::RowChange(const Clock& clock, StateStore& store, std::string_view kind,
                     const google::protobuf::Message& request, std::string request_id)
    : clock_(clock),
      store_(store),
      fingerprint_(Sha256(std::string(kind) + request.SerializeAsString())),
      request_id_(std::move(request_id)) {}

v1::DnsChange RowChange::Stamp() const {
  v1::DnsChange stamp;
  const auto since_1970 = clock_.WallNow().time_since_epoch();
  stamp.set_unix_ms(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count());
  stamp.set_request_id(request_id_);
  return stamp;
}

absl::StatusOr<std::optional<v1::DnsChangeResponse>> RowChange::Known() const {
  if (request_id_.empty()) return std::nullopt;
  if (request_id_.size() > kRequestIdBytesMax) {
    return InvalidArgument("a request id has at most {} bytes, got {}", kRequestIdBytesMax,
                           request_id_.size());
  }
  ASSIGN_OR_RETURN(const std::optional<TxnResult> known, store_.FindRequest(request_id_));
  if (!known) return std::nullopt;
  ASSIGN_OR_RETURN(v1::DnsChangeResponse response, Decode(*known));
  return response;
}

absl::StatusOr<v1::DnsChangeResponse> RowChange::Commit(const std::string& key, Revision modified,
                                                        std::string value,
                                                        v1::DnsChangeResponse response) const {
  response.set_changed(true);
  TxnRequest txn;
  txn.compares.push_back({key, modified});
  txn.ops.push_back(value.empty() ? Op::Delete(key) : Op::Put(key, std::move(value)));
  txn.request_id = request_id_;
  if (!request_id_.empty()) txn.result = fingerprint_ + response.SerializeAsString();
  ASSIGN_OR_RETURN(const TxnResult result, store_.Txn(txn));
  if (result.replayed) return Decode(result);
  response.set_revision(result.revision);
  return response;
}

absl::StatusOr<v1::DnsChangeResponse> RowChange::Decode(const TxnResult& result) const {
  v1::DnsChangeResponse response;
  if (!result.result.starts_with(fingerprint_) ||
      !response.ParseFromString(result.result.substr(fingerprint_.size()))) {
    return InvalidArgument("request id '{}' was used for another request", request_id_);
  }
  response.set_revision(result.revision);
  return response;
}

}  // namespace terrella::control

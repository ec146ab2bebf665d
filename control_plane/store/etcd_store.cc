#include "control_plane/store/etcd_store.h"

#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/store/etcd_election.h"
#include "control_plane/store/etcd_txn.h"

namespace terrella::control {
namespace {

// How long a transaction that is committed waits for its own watches.
constexpr Duration kWatchPatience = std::chrono::seconds(1);
constexpr int64_t kTrimKeysMax = 100;

// Names that nobody gives a request: they begin with a byte that is no text.
std::string OwnRequestId() {
  const uint64_t words[2] = {RandomU64(), RandomU64()};
  return '\xff' + std::string(reinterpret_cast<const char*>(words), sizeof(words));
}

Record ToRecord(etcd::KeyValue& kv, size_t prefix_bytes) {
  return {kv.key().substr(prefix_bytes), std::move(*kv.mutable_value()),
          static_cast<Revision>(kv.create_revision()), static_cast<Revision>(kv.mod_revision())};
}

}  // namespace

absl::StatusOr<std::unique_ptr<EtcdStore>> EtcdStore::Open(const EtcdAddress& address,
                                                           const StoreLimits& limits,
                                                           const EtcdTimeouts& timeouts) {
  std::unique_ptr<EtcdStore> store(new EtcdStore(address, limits, timeouts));
  RETURN_IF_ERROR(store->CreateEpoch());
  RETURN_IF_ERROR(store->follower_.Start());
  return store;
}

EtcdStore::EtcdStore(const EtcdAddress& address, const StoreLimits& limits,
                     const EtcdTimeouts& timeouts)
    : limits_(limits),
      keys_(address.prefix),
      client_(address, timeouts),
      blobs_(client_, keys_, limits.blob_bytes_max),
      follower_(client_, keys_) {}

absl::Status EtcdStore::CreateEpoch() {
  etcd::TxnRequest request;
  AddCompare(keys_.epoch(), 0, request);
  AddPut(keys_.epoch(), std::to_string(NewEpoch()), request);
  return client_.Txn(request).status();
}

absl::StatusOr<RangeResult> EtcdStore::Range(std::string_view prefix) {
  etcd::RangeRequest request;
  request.set_key(keys_.map(prefix));
  request.set_range_end(EtcdKeys::End(keys_.map(prefix)));
  ASSIGN_OR_RETURN(etcd::RangeResponse response, client_.Range(request));
  RangeResult result{.revision = static_cast<Revision>(response.header().revision())};
  const size_t prefix_bytes = keys_.map("").size();
  for (etcd::KeyValue& kv : *response.mutable_kvs()) {
    result.records.push_back(ToRecord(kv, prefix_bytes));
  }
  return result;
}

absl::StatusOr<Record> EtcdStore::Get(std::string_view key) {
  etcd::RangeRequest request;
  request.set_key(keys_.map(key));
  ASSIGN_OR_RETURN(etcd::RangeResponse response, client_.Range(request));
  if (response.kvs().empty()) return NotFound("no key '{}'", key);
  return ToRecord(*response.mutable_kvs(0), keys_.map("").size());
}

absl::StatusOr<TxnResult> EtcdStore::Txn(const TxnRequest& request) {
  RETURN_IF_ERROR(CheckTxn(request, limits_));
  if (request.ops.empty() && request.compares.empty() && request.request_id.empty()) {
    return TxnResult{.revision = revision(), .replayed = false, .result = request.result};
  }
  const std::string id = request.request_id.empty() ? OwnRequestId() : request.request_id;
  ASSIGN_OR_RETURN(etcd::TxnResponse response, client_.Txn(ToEtcd(request, keys_.request(id))));
  TxnResult result{.revision = static_cast<Revision>(response.header().revision()),
                   .replayed = false,
                   .result = request.result};
  if (!response.succeeded()) {
    ASSIGN_OR_RETURN(result, Refused(request, response));
    // Under an id of our own it was this call that was applied, the first time it was sent.
    if (request.request_id.empty()) result.replayed = false;
  }
  if (result.replayed) return result;
  if (!request.ops.empty()) follower_.Await(result.revision, kWatchPatience);
  Trim(result.revision);
  return result;
}

// When it is applied: the changes, the head and the answer. When it is not: the answer to the same
// request, if there is one, and the revisions of all keys that are compared.
etcd::TxnRequest EtcdStore::ToEtcd(const TxnRequest& request,
                                   const std::string& request_key) const {
  etcd::TxnRequest out;
  AddCompare(request_key, 0, out);
  out.add_failure()->mutable_request_range()->set_key(request_key);
  for (const Compare& compare : request.compares) {
    const std::string key = keys_.map(compare.key);
    AddCompare(key, compare.modified, out);
    etcd::RangeRequest& range = *out.add_failure()->mutable_request_range();
    range.set_key(key);
    range.set_keys_only(true);
  }
  for (const Op& op : request.ops) {
    if (op.kind == Op::Kind::kPut) {
      AddPut(keys_.map(op.key), op.value, out);
    } else {
      out.add_success()->mutable_request_delete_range()->set_key(keys_.map(op.key));
    }
  }
  if (!request.ops.empty()) AddPut(keys_.head(), "", out);
  AddPut(request_key, request.result, out);
  return out;
}

absl::StatusOr<TxnResult> EtcdStore::Refused(const TxnRequest& request,
                                             etcd::TxnResponse& response) const {
  if (response.responses_size() != static_cast<int>(request.compares.size()) + 1) {
    return Internal("etcd answered {} of {} operations", response.responses_size(),
                    request.compares.size() + 1);
  }
  for (etcd::KeyValue& kv :
       *response.mutable_responses(0)->mutable_response_range()->mutable_kvs()) {
    return TxnResult{static_cast<Revision>(kv.mod_revision()), true,
                     std::move(*kv.mutable_value())};
  }
  for (size_t i = 0; i < request.compares.size(); ++i) {
    const Compare& compare = request.compares[i];
    const auto& range = response.responses(static_cast<int>(i) + 1).response_range();
    const auto modified =
        range.kvs().empty() ? Revision{0} : static_cast<Revision>(range.kvs(0).mod_revision());
    if (modified == compare.modified) continue;
    return Aborted("key '{}' is at revision {}, expected {}", compare.key, modified,
                   compare.modified);
  }
  return Internal("etcd refused a transaction whose comparisons hold");
}

absl::StatusOr<std::optional<TxnResult>> EtcdStore::FindRequest(std::string_view request_id) {
  etcd::RangeRequest request;
  request.set_key(keys_.request(request_id));
  ASSIGN_OR_RETURN(etcd::RangeResponse response, client_.Range(request));
  if (response.kvs().empty()) return std::optional<TxnResult>();
  etcd::KeyValue& kv = *response.mutable_kvs(0);
  return std::optional<TxnResult>(
      TxnResult{static_cast<Revision>(kv.mod_revision()), true, std::move(*kv.mutable_value())});
}

absl::StatusOr<std::unique_ptr<Watch>> EtcdStore::WatchPrefix(std::string_view prefix,
                                                              Revision after,
                                                              WatchCallback callback) {
  return follower_.Add(prefix, after, std::move(callback));
}

absl::Status EtcdStore::Compact(Revision revision) {
  if (revision > this->revision()) {
    return OutOfRange("cannot compact up to {}, the store is at {}", revision, this->revision());
  }
  if (revision <= compacted()) return absl::OkStatus();
  etcd::CompactionRequest request;
  request.set_revision(static_cast<int64_t>(revision));
  const absl::Status status = client_.Compact(request);
  // Out of range: another control plane was first, and further.
  if (!status.ok() && status.code() != absl::StatusCode::kOutOfRange) return status;
  follower_.SetCompacted(revision);
  return absl::OkStatus();
}

void EtcdStore::Trim(Revision now) {
  const auto is_due = [now](Revision done, Revision kept) { return now > done + kept + kept / 10; };
  absl::Status status;
  if (is_due(compacted(), limits_.log_revisions)) status = Compact(now - limits_.log_revisions);
  Revision trimmed = requests_trimmed_;
  if (is_due(trimmed, limits_.request_revisions) &&
      requests_trimmed_.compare_exchange_strong(trimmed, now - limits_.request_revisions)) {
    status.Update(TrimRequests(now - limits_.request_revisions));
  }
  if (!status.ok()) LogWarn("the store cannot forget what is old: {}", Message(status));
}

absl::Status EtcdStore::TrimRequests(Revision before) {
  etcd::RangeRequest old;
  old.set_key(keys_.request(""));
  old.set_range_end(EtcdKeys::End(keys_.request("")));
  old.set_max_mod_revision(static_cast<int64_t>(before));
  old.set_keys_only(true);
  old.set_limit(kTrimKeysMax);
  while (true) {
    ASSIGN_OR_RETURN(const etcd::RangeResponse response, client_.Range(old));
    if (response.kvs().empty()) return absl::OkStatus();
    etcd::TxnRequest request;
    for (const etcd::KeyValue& kv : response.kvs()) {
      request.add_success()->mutable_request_delete_range()->set_key(kv.key());
    }
    RETURN_IF_ERROR(client_.Txn(request).status());
  }
}

absl::Status EtcdStore::PutBlobs(std::span<const std::string_view> contents) {
  return blobs_.Put(contents);
}

absl::StatusOr<std::vector<std::string>> EtcdStore::ListBlobs() {
  return blobs_.List();
}

absl::StatusOr<uint64_t> EtcdStore::BlobSize(std::string_view sha256) {
  return blobs_.Size(sha256);
}

absl::StatusOr<std::string> EtcdStore::ReadBlob(std::string_view sha256, uint64_t offset,
                                                size_t bytes_max) {
  return blobs_.Read(sha256, offset, bytes_max);
}

absl::StatusOr<std::unique_ptr<Leadership>> EtcdStore::Campaign(const CampaignOptions& options) {
  return CampaignOverEtcd(client_, keys_, options);
}

absl::Status EtcdStore::RenewEpoch() {
  const uint64_t epoch = NewEpoch();
  etcd::TxnRequest request;
  AddPut(keys_.epoch(), std::to_string(epoch), request);
  RETURN_IF_ERROR(client_.Txn(request).status());
  follower_.SetEpoch(epoch);
  return absl::OkStatus();
}

}  // namespace terrella::control

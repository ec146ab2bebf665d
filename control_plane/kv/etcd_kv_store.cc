#include "control_plane/kv/etcd_kv_store.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/store/etcd_txn.h"

namespace terrella::control {
namespace {

constexpr size_t kInlineBytesMax = 4096;  // of values that lists bring along unasked
constexpr size_t kPartBytes = size_t{512} << 10;
// Of one transaction; etcd takes 128 operations and 1.5 MiB.
constexpr size_t kOpsMax = 100;
constexpr size_t kHeadBytesMax = size_t{512} << 10;
constexpr size_t kKeysMax = 50;
constexpr size_t kTriesMax = 8;
// For how long a writer may be at it.
constexpr int64_t kUnfinishedS = 120;
constexpr size_t kPageKeys = 1000;

// Leases have names of ours, so that control planes that come and go use the same ones: the upper
// bytes say whose they are, the lower ones when they end.
constexpr int64_t kLeaseName = int64_t{0x7465} << 48;
constexpr int64_t kLeaseSlackS = 60;
constexpr int64_t kLeaseStepSMin = 64;
constexpr int64_t kLeaseTtlSMax = 9'000'000'000;

std::string NewWrite() {
  return RandomBytes(16);
}

size_t PartsOf(const control_kv::KvHead& head) {
  return head.in_parts() ? (head.value_bytes() + kPartBytes - 1) / kPartBytes : 0;
}

void DeletePrefix(std::string prefix, etcd::TxnRequest& txn) {
  etcd::DeleteRangeRequest& range = *txn.add_success()->mutable_request_delete_range();
  range.set_range_end(EtcdKeys::End(prefix));
  range.set_key(std::move(prefix));
}

absl::StatusOr<control_kv::KvHead> ParseHead(const etcd::KeyValue& kv) {
  control_kv::KvHead head;
  if (!head.ParseFromString(kv.value())) return DataLoss("etcd's key '{}' is no KV head", kv.key());
  return head;
}

}  // namespace

bool EtcdKvStore::IsShown(const Head& head) const {
  return head.expires_unix_s() == 0 || head.expires_unix_s() > UnixSeconds(clock_);
}

absl::Status EtcdKvStore::Put(std::string_view ns, const std::vector<KvEntry>& entries) {
  RETURN_IF_ERROR(CheckPut(ns, entries, UnixSeconds(clock_)));
  std::map<std::string_view, const KvEntry*> last;  // a transaction writes a key once
  for (const KvEntry& entry : entries) last[entry.key] = &entry;
  std::vector<Change> changes;
  for (const auto& [key, entry] : last) {
    Change& change = changes.emplace_back();
    change.key = store_.keys().kv(ns, key);
    change.value = entry->value;
    change.head.set_write(NewWrite());
    change.head.set_metadata(entry->metadata);
    change.head.set_expires_unix_s(entry->expires_unix_s);
    change.head.set_value_bytes(entry->value.size());
    change.head.set_in_parts(entry->value.size() > kInlineBytesMax);
    if (!change.head.in_parts()) change.head.set_value(entry->value);
  }
  return Apply(std::move(changes));
}

absl::Status EtcdKvStore::Delete(std::string_view ns, const std::vector<std::string>& keys) {
  RETURN_IF_ERROR(CheckDelete(ns, keys));
  const std::set<std::string> once(keys.begin(), keys.end());
  std::vector<Change> changes;
  for (const std::string& key : once) {
    changes.push_back(
        {.key = store_.keys().kv(ns, key), .head = {}, .value = {}, .lease = 0, .removes = true});
  }
  return Apply(std::move(changes));
}

EtcdKvStore::Locks EtcdKvStore::Lock(const std::vector<Change>& changes) {
  std::set<size_t> of;
  for (const Change& change : changes) of.insert(std::hash<std::string>()(change.key) % kStripes);
  Locks locks;
  for (size_t stripe : of) locks.emplace_back(stripes_[stripe]);
  return locks;
}

size_t EtcdKvStore::GroupEnd(const std::vector<Change>& changes, size_t begin) {
  size_t end = begin, ops = 0, bytes = 0;
  for (; end < changes.size() && end - begin < kKeysMax; ++end) {
    const Change& change = changes[end];
    ops += 2 + PartsOf(change.head);  // the head, the old parts, the new ones
    bytes += change.key.size() + change.head.ByteSizeLong();
    if (end > begin && (ops > kOpsMax || bytes > kHeadBytesMax)) break;
  }
  return end;
}

absl::Status EtcdKvStore::Apply(std::vector<Change> changes) {
  const Locks locks = Lock(changes);
  for (size_t begin = 0; begin < changes.size();) {
    const size_t end = GroupEnd(changes, begin);
    const std::span<Change> group(changes.data() + begin, end - begin);
    absl::Status status;
    for (size_t attempt = 0; attempt < 2; ++attempt) {
      for (Change& change : group) {
        if (change.head.expires_unix_s() == 0) continue;
        ASSIGN_OR_RETURN(change.lease, LeaseUntil(change.head.expires_unix_s()));
      }
      status = ApplyGroup(group);
      // A lease that was thought to exist has ended.
      if (status.code() != absl::StatusCode::kNotFound) break;
      ForgetLeases();
    }
    RETURN_IF_ERROR(status);
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status EtcdKvStore::PutParts(const Change& change, int64_t lease) {
  const std::string write = ToHex(change.head.write());
  for (size_t part = 0; part * kPartBytes < change.value.size(); ++part) {
    etcd::TxnRequest txn;
    AddPut(store_.keys().kv_part(write, part),
           std::string(change.value.substr(part * kPartBytes, kPartBytes)), txn, lease);
    RETURN_IF_ERROR(store_.client().Txn(txn).status());
  }
  return absl::OkStatus();
}

absl::Status EtcdKvStore::ApplyGroup(std::span<const Change> group) {
  EtcdClient& client = store_.client();
  int64_t unfinished = 0;
  std::vector<std::string> keys;
  for (const Change& change : group) {
    keys.push_back(change.key);
    if (!change.head.in_parts()) continue;
    if (unfinished == 0) {
      etcd::LeaseGrantRequest grant;
      grant.set_ttl(kUnfinishedS);
      ASSIGN_OR_RETURN(const etcd::LeaseGrantResponse lease, client.GrantLease(grant));
      unfinished = lease.id();
    }
    RETURN_IF_ERROR(PutParts(change, unfinished));
  }
  for (size_t attempt = 0; attempt < kTriesMax; ++attempt) {
    ASSIGN_OR_RETURN(const std::vector<Seen> seen, Look(keys));
    // A call whose answer was lost is sent again, and finds what it did itself.
    const bool is_done = std::equal(
        group.begin(), group.end(), seen.begin(), [](const Change& change, const Seen& at) {
          return change.removes ? !at.head : at.head && at.head->write() == change.head.write();
        });
    if (is_done) return absl::OkStatus();
    ASSIGN_OR_RETURN(const etcd::TxnResponse answer, client.Txn(ToTxn(group, seen)));
    if (answer.succeeded()) {
      store_.WroteBeside(static_cast<Revision>(answer.header().revision()));
      if (unfinished == 0) return absl::OkStatus();
      etcd::LeaseRevokeRequest revoke;  // nothing hangs on it any more
      revoke.set_id(unfinished);
      client.RevokeLease(revoke).IgnoreError();
      return absl::OkStatus();
    }
    if (fence_) {
      const auto& at = answer.responses(0).response_range();
      const Revision now = at.kvs().empty() ? 0 : static_cast<Revision>(at.kvs(0).mod_revision());
      if (now != fence_->modified) return Aborted("this control plane leads no longer");
    }
  }
  return Aborted("somebody else writes the same keys of KV all the time");
}

// When it is refused, the fence's key says whether that was why.
etcd::TxnRequest EtcdKvStore::ToTxn(std::span<const Change> group,
                                    const std::vector<Seen>& seen) const {
  const EtcdKeys& keys = store_.keys();
  etcd::TxnRequest txn;
  if (fence_) {
    AddCompare(keys.map(fence_->key), fence_->modified, txn);
    etcd::RangeRequest& range = *txn.add_failure()->mutable_request_range();
    range.set_key(keys.map(fence_->key));
    range.set_keys_only(true);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    const Change& change = group[i];
    AddCompare(change.key, seen[i].modified, txn);
    if (seen[i].head && seen[i].head->in_parts()) {
      DeletePrefix(keys.kv_parts(ToHex(seen[i].head->write())), txn);
    }
    if (change.removes) {
      txn.add_success()->mutable_request_delete_range()->set_key(change.key);
      continue;
    }
    AddPut(change.key, change.head.SerializeAsString(), txn, change.lease);
    for (size_t part = 0; part < PartsOf(change.head); ++part) {
      etcd::PutRequest& keep = *txn.add_success()->mutable_request_put();
      keep.set_key(keys.kv_part(ToHex(change.head.write()), part));
      keep.set_ignore_value(true);
      keep.set_lease(change.lease);
    }
  }
  return txn;
}

absl::StatusOr<std::vector<EtcdKvStore::Seen>> EtcdKvStore::Look(
    std::span<const std::string> keys) {
  std::vector<Seen> all;
  for (size_t begin = 0; begin < keys.size(); begin += kKeysMax) {
    etcd::TxnRequest txn;
    for (const std::string& key : keys.subspan(begin, std::min(kKeysMax, keys.size() - begin))) {
      txn.add_success()->mutable_request_range()->set_key(key);
    }
    ASSIGN_OR_RETURN(const etcd::TxnResponse answer, store_.client().Txn(txn));
    if (answer.responses_size() != txn.success_size()) {
      return Internal("etcd answered {} of {} operations", answer.responses_size(),
                      txn.success_size());
    }
    for (const etcd::ResponseOp& response : answer.responses()) {
      Seen& seen = all.emplace_back();
      if (response.response_range().kvs().empty()) continue;
      const etcd::KeyValue& kv = response.response_range().kvs(0);
      seen.modified = static_cast<Revision>(kv.mod_revision());
      ASSIGN_OR_RETURN(seen.head, ParseHead(kv));
    }
  }
  return all;
}

absl::StatusOr<std::optional<std::string>> EtcdKvStore::Value(const Head& head) {
  if (!head.in_parts()) return head.value();
  std::string value;
  value.reserve(head.value_bytes());
  for (size_t part = 0; part < PartsOf(head); ++part) {
    etcd::RangeRequest request;
    request.set_key(store_.keys().kv_part(ToHex(head.write()), part));
    ASSIGN_OR_RETURN(const etcd::RangeResponse response, store_.client().Range(request));
    if (response.kvs().empty()) return std::nullopt;
    value += response.kvs(0).value();
  }
  if (value.size() != head.value_bytes()) {
    return DataLoss("a KV value has {} bytes in etcd, {} were written", value.size(),
                    head.value_bytes());
  }
  return value;
}

absl::StatusOr<std::optional<KvEntry>> EtcdKvStore::Read(std::string_view ns,
                                                         const std::string& key, Seen seen) {
  for (size_t attempt = 0; attempt < kTriesMax; ++attempt) {
    if (!seen.head || !IsShown(*seen.head)) return std::nullopt;
    ASSIGN_OR_RETURN(std::optional<std::string> value, Value(*seen.head));
    if (value) {
      return KvEntry{key, *std::move(value), seen.head->metadata(), seen.head->expires_unix_s()};
    }
    const Revision before = seen.modified;
    const std::string at = store_.keys().kv(ns, key);
    ASSIGN_OR_RETURN(std::vector<Seen> again, Look({&at, 1}));
    seen = std::move(again[0]);
    if (seen.modified == before) return DataLoss("a part of the KV value of '{}' is missing", key);
  }
  return Aborted("the KV value of '{}' is replaced faster than it can be read", key);
}

absl::StatusOr<std::vector<KvEntry>> EtcdKvStore::Get(std::string_view ns,
                                                      const std::vector<std::string>& keys) {
  RETURN_IF_ERROR(CheckGet(ns, keys));
  std::vector<std::string> at;
  for (const std::string& key : keys) at.push_back(store_.keys().kv(ns, key));
  ASSIGN_OR_RETURN(std::vector<Seen> seen, Look(at));
  std::vector<KvEntry> entries;
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSIGN_OR_RETURN(std::optional<KvEntry> entry, Read(ns, keys[i], std::move(seen[i])));
    if (entry) entries.push_back(*std::move(entry));
  }
  return entries;
}

absl::StatusOr<etcd::RangeResponse> EtcdKvStore::Page(const std::string& begin,
                                                      const std::string& end, size_t limit) {
  etcd::RangeRequest request;
  request.set_key(begin);
  request.set_range_end(end);
  request.set_limit(static_cast<int64_t>(limit));
  return store_.client().Range(request);
}

absl::StatusOr<KvPage> EtcdKvStore::List(std::string_view ns, const ListOptions& options) {
  RETURN_IF_ERROR(CheckList(ns, options));
  const EtcdKeys& keys = store_.keys();
  const std::string end = EtcdKeys::End(keys.kv(ns, options.prefix));
  const size_t prefix_bytes = keys.kv(ns, "").size();
  std::string begin = keys.kv(ns, options.prefix);
  if (!options.after.empty()) {
    begin = std::max(begin, keys.kv(ns, options.after) + std::string(1, '\0'));
  }
  KvPage page;
  while (begin < end) {
    ASSIGN_OR_RETURN(const etcd::RangeResponse response, Page(begin, end, options.limit + 1));
    for (const etcd::KeyValue& kv : response.kvs()) {
      ASSIGN_OR_RETURN(const Head head, ParseHead(kv));
      if (!IsShown(head)) continue;
      if (page.entries.size() == options.limit) {
        page.complete = false;
        return page;
      }
      page.entries.push_back(
          {kv.key().substr(prefix_bytes), {}, head.metadata(), head.expires_unix_s()});
    }
    if (!response.more()) return page;
    begin = response.kvs(response.kvs_size() - 1).key() + std::string(1, '\0');
  }
  return page;
}

absl::StatusOr<std::vector<KvNamespaceSize>> EtcdKvStore::Namespaces() {
  const std::string all = store_.keys().all_kv();
  std::string begin = all;
  std::vector<KvNamespaceSize> sizes;
  while (true) {
    ASSIGN_OR_RETURN(const etcd::RangeResponse response,
                     Page(begin, EtcdKeys::End(all), kPageKeys));
    for (const etcd::KeyValue& kv : response.kvs()) {
      ASSIGN_OR_RETURN(const Head head, ParseHead(kv));
      const std::string_view rest = std::string_view(kv.key()).substr(all.size());
      const std::string_view name = rest.substr(0, rest.find('/'));
      if (sizes.empty() || sizes.back().name != name) sizes.push_back({std::string(name), 0, 0});
      ++sizes.back().keys;
      sizes.back().value_bytes += head.value_bytes();
    }
    if (!response.more()) break;
    begin = response.kvs(response.kvs_size() - 1).key() + std::string(1, '\0');
  }
  std::ranges::sort(sizes, {}, &KvNamespaceSize::name);  // '-' comes before '/'
  return sizes;
}

absl::Status EtcdKvStore::DeleteNamespace(std::string_view ns) {
  RETURN_IF_ERROR(CheckDelete(ns, {}));
  const std::string all = store_.keys().kv(ns, "");
  for (bool any = false;; any = true) {
    ASSIGN_OR_RETURN(const etcd::RangeResponse response, Page(all, EtcdKeys::End(all), kKeysMax));
    if (response.kvs().empty()) {
      return any ? absl::OkStatus() : NotFound("there is no KV namespace '{}'", ns);
    }
    std::vector<std::string> keys;
    for (const etcd::KeyValue& kv : response.kvs()) keys.push_back(kv.key().substr(all.size()));
    RETURN_IF_ERROR(Delete(ns, keys));
  }
}

absl::StatusOr<int64_t> EtcdKvStore::LeaseUntil(int64_t expires_unix_s) {
  const int64_t now = UnixSeconds(clock_), life = std::max<int64_t>(expires_unix_s - now, 0);
  if (life > kLeaseTtlSMax / 2) return 0;
  const auto step = static_cast<int64_t>(
      std::bit_floor(static_cast<uint64_t>(std::max(life / 8, kLeaseStepSMin))));
  const int64_t end = (expires_unix_s + step - 1) / step * step;
  const int64_t name = kLeaseName | end;
  const std::lock_guard lock(leases_mutex_);
  if (leases_.contains(name)) return name;
  etcd::LeaseGrantRequest grant;
  grant.set_id(name);
  grant.set_ttl(end - now + kLeaseSlackS);
  const absl::Status status = store_.client().GrantLease(grant).status();
  // Another control plane made it, or this call the first time it was sent.
  if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
  leases_.erase(leases_.begin(), leases_.lower_bound(kLeaseName | now));
  leases_.insert(name);
  return name;
}

void EtcdKvStore::ForgetLeases() {
  const std::lock_guard lock(leases_mutex_);
  leases_.clear();
}

}  // namespace terrella::control

#include "control_plane/store/etcd_election.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/store/etcd_txn.h"

namespace terrella::control {
namespace {

constexpr Duration kAskAgain = std::chrono::milliseconds(200);

using SteadyTime = std::chrono::steady_clock::time_point;

class EtcdLeadership final : public Leadership {
 public:
  EtcdLeadership(EtcdClient& client, int64_t lease, Compare fence, const CampaignOptions& options,
                 SteadyTime alive)
      : client_(client), lease_(lease), fence_(std::move(fence)), options_(options), alive_(alive) {
    thread_ = std::thread([this] { KeepAlive(); });
  }
  ~EtcdLeadership() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    // So that the next one need not wait.
    etcd::LeaseRevokeRequest request;
    request.set_id(lease_);
    (void)client_.RevokeLease(request);
  }
  Compare fence() const override { return fence_; }

 private:
  void KeepAlive() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, options_.ttl / 3, [this] { return stopping_; })) {
      lock.unlock();
      const SteadyTime asked = std::chrono::steady_clock::now();
      const absl::StatusOr<int64_t> left = client_.KeepAlive(lease_, options_.ttl / 3);
      lock.lock();
      if (stopping_) return;
      if (left.ok() && *left > 0) {
        alive_ = asked;
        continue;
      }
      const bool gone = left.ok();
      if (!gone && std::chrono::steady_clock::now() - alive_ < options_.ttl) continue;
      LogWarn("the lead of '{}' is lost: {}", options_.name,
              gone ? "the lease ran out" : Message(left.status()));
      options_.lost();
      return;
    }
  }

  EtcdClient& client_;
  const int64_t lease_;
  const Compare fence_;
  const CampaignOptions options_;
  SteadyTime alive_;  // on the thread: when a call began that found the lease alive
  std::mutex mutex_;  // guards stopping_
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

// The revision at which the key was made under the lease; 0 when somebody else has it.
absl::StatusOr<Revision> TryToLead(EtcdClient& client, const EtcdKeys& keys, const std::string& key,
                                   const std::string& holder, int64_t lease) {
  etcd::TxnRequest request;
  AddCompare(keys.map(key), 0, request);
  AddPut(keys.map(key), holder, request, lease);
  AddPut(keys.head(), "", request);
  request.add_failure()->mutable_request_range()->set_key(keys.map(key));
  ASSIGN_OR_RETURN(const etcd::TxnResponse response, client.Txn(request));
  if (response.succeeded()) return static_cast<Revision>(response.header().revision());
  // After a lost answer the key may be ours.
  for (const etcd::KeyValue& kv : response.responses(0).response_range().kvs()) {
    if (kv.value() == holder) return static_cast<Revision>(kv.mod_revision());
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Leadership>> CampaignOverEtcd(EtcdClient& client,
                                                             const EtcdKeys& keys,
                                                             const CampaignOptions& options) {
  const std::string key = std::string(kLeaderPrefix) + options.name;
  // One campaign's own, so that a process that comes back is not taken for the one it was.
  const std::string holder = fmt::format("{} #{:016x}", options.holder, RandomU64());
  etcd::LeaseGrantRequest grant;
  grant.set_ttl(std::chrono::ceil<std::chrono::seconds>(options.ttl).count());
  int64_t lease = 0;
  SteadyTime alive;
  while (true) {
    if (options.go_on && !options.go_on()) break;
    // A lease of its own age: waiting may have outlived the last one.
    alive = std::chrono::steady_clock::now();
    absl::StatusOr<int64_t> left = lease == 0 ? 0 : client.KeepAlive(lease, options.ttl / 3);
    if (left.ok() && *left == 0) {
      const absl::StatusOr<etcd::LeaseGrantResponse> granted = client.GrantLease(grant);
      left = granted.ok() ? absl::StatusOr<int64_t>(granted->ttl()) : granted.status();
      if (granted.ok()) lease = granted->id();
    }
    absl::StatusOr<Revision> made =
        left.ok() ? TryToLead(client, keys, key, holder, lease) : left.status();
    if (made.ok() && *made != 0) {
      return std::make_unique<EtcdLeadership>(client, lease, Compare{key, *made}, options, alive);
    }
    if (!made.ok()) LogWarn("campaign for '{}': {}", options.name, Message(made.status()));
    std::this_thread::sleep_for(kAskAgain);
  }
  if (lease != 0) {
    etcd::LeaseRevokeRequest request;
    request.set_id(lease);
    (void)client.RevokeLease(request);
  }
  return Cancelled("the campaign was given up");
}

}  // namespace terrella::control

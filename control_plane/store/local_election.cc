#include "control_plane/store/local_election.h"

#include <utility>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr Duration kAskAgain = std::chrono::milliseconds(100);

}  // namespace

class LocalElection::Held final : public Leadership {
 public:
  Held(LocalElection& election, std::string name, Compare fence)
      : election_(election), name_(std::move(name)), fence_(std::move(fence)) {}
  ~Held() override {
    (void)election_.store_.Txn({.compares = {fence_}, .ops = {Op::Delete(fence_.key)}});
    election_.Release(name_);
  }
  Compare fence() const override { return fence_; }

 private:
  LocalElection& election_;
  const std::string name_;
  const Compare fence_;
};

absl::StatusOr<std::unique_ptr<Leadership>> LocalElection::Campaign(
    const CampaignOptions& options) {
  {
    std::unique_lock lock(mutex_);
    while (held_.contains(options.name)) {
      if (options.go_on && !options.go_on()) return Cancelled("the campaign was given up");
      changed_.wait_for(lock, kAskAgain);
    }
    held_.insert(options.name);
  }
  const std::string key = std::string(kLeaderPrefix) + options.name;
  const auto written = store_.Txn({.ops = {Op::Put(key, options.holder)}});
  if (!written.ok()) {
    Release(options.name);
    return written.status();
  }
  return std::make_unique<Held>(*this, options.name, Compare{key, written->revision});
}

void LocalElection::Release(const std::string& name) {
  {
    std::lock_guard lock(mutex_);
    held_.erase(name);
  }
  changed_.notify_all();
}

}  // namespace terrella::control

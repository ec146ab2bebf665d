// RunningTransfers: how many zone transfers run, and how many of them to one client.
//
// Each may hold a version of the zone and lasts as long as its client reads, so there is a limit;
// and a client that does not read must not take the places of all the others. One client is an
// address, and of IPv6 a /64: whoever has one of its addresses has them all.
//
// Thread: any.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include "base/ip_address.h"

namespace terrella::dns {

class RunningTransfers {
 public:
  static constexpr int kMax = 16;
  static constexpr int kOfOneClientMax = 4;

  // Two that are asked at once may both be told yes for the last place.
  bool HasRoomFor(const IpAddress& client) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_client_.find(Share(client));
    return total_ < kMax && (found == by_client_.end() || found->second < kOfOneClientMax);
  }
  void Enter(const IpAddress& client) {
    const std::lock_guard lock(mutex_);
    ++total_;
    ++by_client_[Share(client)];
  }
  void Leave(const IpAddress& client) {
    const std::lock_guard lock(mutex_);
    --total_;
    const auto found = by_client_.find(Share(client));
    if (--found->second == 0) by_client_.erase(found);
  }
  int total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  static IpAddress Share(const IpAddress& client) {
    return client.Masked(std::min(client.bits(), 64));
  }

  mutable std::mutex mutex_;
  int total_ = 0;                       // guarded by mutex_, as is
  std::map<IpAddress, int> by_client_;  // each at least 1
};

}  // namespace terrella::dns

// LocalElection: who leads among the candidates of one process, for stores that only one process
// has. Its key outlives a crash, but nobody can have the right any more: the next one overwrites
// it.
//
// Thread: any.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

class LocalElection {
 public:
  // `store` outlives every leadership.
  explicit LocalElection(StateStore& store) : store_(store) {}

  // See StateStore::Campaign.
  absl::StatusOr<std::unique_ptr<Leadership>> Campaign(const CampaignOptions& options);

 private:
  class Held;
  void Release(const std::string& name);

  StateStore& store_;
  std::mutex mutex_;  // guards held_
  std::condition_variable changed_;
  std::set<std::string> held_;
};

}  // namespace terrella::control

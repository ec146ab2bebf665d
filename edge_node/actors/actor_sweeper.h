// ActorSweeper: takes away what is left of Durable Objects whose class was deleted: their files and
// their alarms.
//
// Every node sweeps, once its shards let nobody reach those objects any more: the nodes may share
// the folder or not, and one that did not know yet may have written into it behind another's back.
// Told of the same namespace again, after a restart say, it finds nothing to do. Files go a few at
// a time, so that the thread does its other work in between.
//
// Thread: the loop's. Borrows: the loop.
#pragma once

#include <deque>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"

namespace terrella::edge {

class ActorSweeper {
 public:
  struct Options {
    std::filesystem::path folder;  // as ActorStore's
    size_t files_max = 256;        // removed in one go
  };
  ActorSweeper(EventLoop& loop, Options options);

  // Those it was told of before are passed over.
  void Sweep(const std::set<std::string, std::less<>>& namespace_ids);
  bool idle() const { return waiting_.empty(); }

 private:
  absl::Status RemoveAlarms(const std::vector<std::string>& namespace_ids) const;
  void Step();
  // Whether no file is left.
  absl::StatusOr<bool> RemoveSome(const std::string& namespace_id) const;

  const Options options_;
  std::set<std::string> seen_;
  std::deque<std::string> waiting_;
  Timer next_;
};

}  // namespace terrella::edge

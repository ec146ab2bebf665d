// VirtualWatch: tells a cluster's dashboard how far a run in virtual time is, while the engine has
// the command's thread.
//
// Thread: the command's makes and ends it; tells on a thread of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/commands/run_feed.h"
#include "sim/engine/progress.h"

namespace terrella::cli {

class VirtualWatch {
 public:
  // Both live longer. The first word is said at once.
  VirtualWatch(RunFeed& feed, const sim::EngineProgress& progress);
  // Says a last time how far it got; then the feed is the command's again.
  ~VirtualWatch();
  VirtualWatch(const VirtualWatch&) = delete;

 private:
  void Work();

  RunFeed& feed_;
  const sim::EngineProgress& progress_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace terrella::cli

#include "cli/commands/virtual_watch.h"

namespace terrella::cli {

VirtualWatch::VirtualWatch(RunFeed& feed, const sim::EngineProgress& progress)
    : feed_(feed), progress_(progress), thread_([this] { Work(); }) {}

VirtualWatch::~VirtualWatch() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void VirtualWatch::Work() {
  std::unique_lock lock(mutex_);
  do {
    feed_.Tell(progress_);
  } while (!changed_.wait_for(lock, RunFeed::kTellEvery, [this] { return over_; }));
  feed_.Tell(progress_);
}

}  // namespace terrella::cli

// TurnTasks: V8's own chores for one isolate: a scavenge or a step of marking that is due,
// callbacks of finalization registries. They wait here for the end of a turn, so that they run
// neither on top of JavaScript nor outside of its CPU budget; with none waiting, a turn pays one
// load.
//
// Thread: posting from any; the rest on the isolate's.
#pragma once

#include <v8-platform.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

namespace terrella::runtime {

class TurnTasks final : public v8::TaskRunner {
 public:
  // `now_s` is the clock of delays, in seconds.
  explicit TurnTasks(double (*now_s)()) : now_s_(now_s) {}

  void PostTask(std::unique_ptr<v8::Task> task) override;
  void PostNonNestableTask(std::unique_ptr<v8::Task> task) override { PostTask(std::move(task)); }
  void PostDelayedTask(std::unique_ptr<v8::Task> task, double delay_s) override;
  void PostNonNestableDelayedTask(std::unique_ptr<v8::Task> task, double delay_s) override {
    PostDelayedTask(std::move(task), delay_s);
  }
  void PostIdleTask(std::unique_ptr<v8::IdleTask>) override {}
  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

  // Something waits, be it for its time.
  bool waiting() const { return waiting_.load(std::memory_order_relaxed); }
  // The next task that is due; null when there is none.
  std::unique_ptr<v8::Task> Take();
  // Drops everything, now and from now on: the isolate is about to go.
  void Close();

 private:
  double (*const now_s_)();
  std::atomic<bool> waiting_{false};
  std::mutex mutex_;
  bool closed_ = false;                                       // guarded by mutex_
  std::deque<std::unique_ptr<v8::Task>> ready_;               // guarded by mutex_
  std::multimap<double, std::unique_ptr<v8::Task>> delayed_;  // by due time; guarded by mutex_
};

}  // namespace terrella::runtime

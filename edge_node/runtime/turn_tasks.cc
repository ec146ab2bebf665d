#include "edge_node/runtime/turn_tasks.h"

#include <utility>

namespace terrella::runtime {

void TurnTasks::PostTask(std::unique_ptr<v8::Task> task) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  ready_.push_back(std::move(task));
  waiting_ = true;
}

void TurnTasks::PostDelayedTask(std::unique_ptr<v8::Task> task, double delay_s) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  delayed_.emplace(now_s_() + delay_s, std::move(task));
  waiting_ = true;
}

std::unique_ptr<v8::Task> TurnTasks::Take() {
  std::lock_guard lock(mutex_);
  std::unique_ptr<v8::Task> task;
  if (!ready_.empty()) {
    task = std::move(ready_.front());
    ready_.pop_front();
  } else if (!delayed_.empty() && delayed_.begin()->first <= now_s_()) {
    task = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
  waiting_ = !ready_.empty() || !delayed_.empty();
  return task;
}

void TurnTasks::Close() {
  // Destroyed without the lock: a task may post as it goes.
  std::deque<std::unique_ptr<v8::Task>> ready;
  std::multimap<double, std::unique_ptr<v8::Task>> delayed;
  std::lock_guard lock(mutex_);
  closed_ = true;
  ready.swap(ready_);
  delayed.swap(delayed_);
  waiting_ = false;
}

}  // namespace terrella::runtime

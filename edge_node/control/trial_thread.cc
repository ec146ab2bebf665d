#include "edge_node/control/trial_thread.h"

#include <utility>

#include "base/check.h"

namespace terrella::edge {

TrialThread::~TrialThread() {
  Cancel();
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TrialThread::Try(std::shared_ptr<const runtime::WorkerCode> code, Done done) {
  CHECK(current_ == nullptr);
  current_ = std::make_shared<Trial>(Trial{std::move(code), std::move(done), {}});
  {
    std::lock_guard lock(mutex_);
    next_ = current_;  // in place of a cancelled one, if that has not begun yet
  }
  changed_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
}

void TrialThread::Cancel() {
  if (current_ == nullptr) return;
  current_->stop.request_stop();
  current_.reset();
}

void TrialThread::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || next_ != nullptr; });
    if (stop_) return;
    std::shared_ptr<Trial> trial = std::exchange(next_, nullptr);
    lock.unlock();
    absl::Status verdict = run_(*trial->code, trial->stop.get_token());
    loop_.Post([this, alive = std::weak_ptr(alive_), trial = std::move(trial),
                verdict = std::move(verdict)] {
      if (!alive.expired()) End(trial, verdict);
    });
    lock.lock();
  }
}

void TrialThread::End(const std::shared_ptr<Trial>& trial, const absl::Status& verdict) {
  if (trial != current_) return;  // cancelled meanwhile
  current_.reset();
  trial->done(verdict);
}

}  // namespace terrella::edge

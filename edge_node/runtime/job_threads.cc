#include "edge_node/runtime/job_threads.h"

#include <sys/resource.h>

#include <utility>

#include "base/check.h"
#include "edge_node/runtime/cpu_clock.h"

namespace terrella::runtime {
namespace {

// Of the threads: a third of the weight of those that serve.
constexpr int kNice = 5;

struct QueuedJob {
  Job job;
  std::shared_ptr<std::atomic<bool>> cancelled;
};

}  // namespace

struct JobThreads::QueueState {
  std::mutex mutex;
  EventLoop* loop;  // guarded by mutex; null once the queue is gone
  std::deque<std::shared_ptr<const QueuedJob>> jobs;  // guarded by mutex; the first may be running
  bool scheduled = false;  // guarded by mutex: ready, or its first job is running
  std::atomic<bool> gone = false;
};

JobThreads::~JobThreads() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JobThreads::MakeReady(std::shared_ptr<QueueState> queue) {
  std::lock_guard lock(mutex_);
  ready_.push_back(std::move(queue));
  if (idle_ < ready_.size() && threads_.size() < kThreadsMax && !stop_) {
    threads_.emplace_back([this] { Run(); });
  }
  changed_.notify_one();
}

void JobThreads::Run() {
  // 0 is this thread alone: Linux keeps a priority for each. A confined node may not name another.
  setpriority(PRIO_PROCESS, 0, kNice);
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stop_ || !ready_.empty(); });
    --idle_;
    if (stop_) return;
    std::shared_ptr<QueueState> queue = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();

    if (RunFirstJob(*queue)) MakeReady(std::move(queue));
    queue.reset();
    lock.lock();
  }
}

bool JobThreads::RunFirstJob(QueueState& queue) {
  std::shared_ptr<const QueuedJob> first;
  {
    std::lock_guard held(queue.mutex);
    if (queue.jobs.empty()) return false;  // the queue is gone
    first = queue.jobs.front();
  }
  const Duration started = ThreadCpuTime();
  const auto limit = [&] {
    return *first->cancelled || queue.gone || stop_ ||
           ThreadCpuTime() - started >= first->job.cpu_max;
  };
  if (!*first->cancelled) first->job.run(limit);
  const Duration used = ThreadCpuTime() - started;

  std::lock_guard held(queue.mutex);
  if (queue.loop == nullptr) return false;
  queue.loop->Post([first, used] {
    if (!*first->cancelled) first->job.done(used);
  });
  queue.jobs.pop_front();
  return queue.scheduled = !queue.jobs.empty();
}

JobQueue::JobQueue(JobThreads& threads, EventLoop& loop)
    : threads_(threads), state_(std::make_shared<JobThreads::QueueState>()) {
  state_->loop = &loop;
}

JobQueue::~JobQueue() {
  state_->gone = true;
  std::deque<std::shared_ptr<const QueuedJob>> dropped;
  std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
  dropped.swap(state_->jobs);
}

std::unique_ptr<JobTicket> JobQueue::Start(Job job) {
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  {
    std::lock_guard lock(state_->mutex);
    if (state_->jobs.size() >= kJobsMax) return nullptr;
    state_->jobs.push_back(std::make_shared<QueuedJob>(QueuedJob{std::move(job), cancelled}));
    if (std::exchange(state_->scheduled, true)) return std::make_unique<JobTicket>(cancelled);
  }
  threads_.MakeReady(state_);
  return std::make_unique<JobTicket>(std::move(cancelled));
}

}  // namespace terrella::runtime

// JobThreads: computations too long for a turn of the event loop, on threads of their own.
//
// Making an RSA key or stretching a password takes from milliseconds to seconds, in which a shard's
// thread would serve nobody. Such a computation is a job: values in, values out, nothing of V8 or
// of the isolate. One JobQueue an isolate; of one queue one job runs at a time, and queues take
// turns, so a worker that asks for many of them delays mostly itself. The threads are made when the
// first job comes and run at a low priority.
//
// A job is not interrupted, it asks: its WorkLimit says stop when its CPU time is used up, when it
// was cancelled, or when its queue is gone.
//
// Thread: a JobQueue and its tickets belong to its loop's; JobThreads to any. `run` is called on a
// helper thread, `done` on the loop's; what they hold is freed on either.
// Invariants: (1) `done` is called once or, when the job was cancelled or the queue is gone, never;
// (2) a JobQueue's destruction does not wait for its job; that of JobThreads does.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

// Destroying it cancels the job.
class JobTicket {
 public:
  explicit JobTicket(std::shared_ptr<std::atomic<bool>> cancelled)
      : cancelled_(std::move(cancelled)) {}
  ~JobTicket() { *cancelled_ = true; }
  JobTicket(const JobTicket&) = delete;
  JobTicket& operator=(const JobTicket&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

struct Job {
  Duration cpu_max{};
  std::function<void(WorkLimit)> run;
  std::function<void(Duration cpu_used)> done;
};

class JobThreads {
 public:
  JobThreads() = default;
  ~JobThreads();
  JobThreads(const JobThreads&) = delete;
  JobThreads& operator=(const JobThreads&) = delete;

 private:
  friend class JobQueue;
  struct QueueState;
  static constexpr size_t kThreadsMax = 2;

  void MakeReady(std::shared_ptr<QueueState> queue);
  void Run();
  // Whether the queue has another job ready.
  bool RunFirstJob(QueueState& queue);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<QueueState>> ready_;  // guarded by mutex_: with a job, none running
  size_t idle_ = 0;                                // guarded by mutex_
  std::atomic<bool> stop_ = false;                 // set under mutex_
  std::vector<std::thread> threads_;               // guarded by mutex_
};

class JobQueue {
 public:
  static constexpr size_t kJobsMax = 64;  // waiting and running

  JobQueue(JobThreads& threads, EventLoop& loop);
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  // Null when the queue is full.
  std::unique_ptr<JobTicket> Start(Job job);

 private:
  JobThreads& threads_;
  std::shared_ptr<JobThreads::QueueState> state_;
};

}  // namespace terrella::runtime

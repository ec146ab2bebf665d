// TrialThread: where the global scopes of new versions are run, before the node says that it has
// them.
//
// A global scope may use 400 ms of CPU time, which on a machine short of cores is seconds. On the
// control loop nothing else would happen meanwhile: without heartbeats the control plane would take
// the node for down. So trials have a thread of their own, one at a time; it is made with the
// first, since a node whose versions others vouch for never needs it.
//
// Thread: the control loop's; `run` is called on the trials' own.
// Invariants: (1) `done` is called on the loop, once and never from within Try, unless Cancel or
// the end came first; (2) neither waits for the code: a trial that runs is told to stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "absl/status/status.h"
#include "base/event_loop.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::edge {

class TrialThread {
 public:
  // Compiles and runs a global scope under its limits, and returns soon once it is told to stop.
  using Run = std::function<absl::Status(const runtime::WorkerCode&, std::stop_token)>;
  using Done = std::function<void(const absl::Status&)>;

  TrialThread(EventLoop& loop, Run run) : loop_(loop), run_(std::move(run)) {}
  ~TrialThread();
  TrialThread(const TrialThread&) = delete;
  TrialThread& operator=(const TrialThread&) = delete;

  // The last trial must have ended or been cancelled.
  void Try(std::shared_ptr<const runtime::WorkerCode> code, Done done);
  void Cancel();

 private:
  struct Trial {
    std::shared_ptr<const runtime::WorkerCode> code;
    Done done;  // touched on the loop only
    std::stop_source stop;
  };

  void Work();
  void End(const std::shared_ptr<Trial>& trial, const absl::Status& verdict);

  EventLoop& loop_;
  const Run run_;
  std::shared_ptr<Trial> current_;  // the thread has a share, also of one that was cancelled
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // verdicts on their way hold it weakly
  std::thread thread_;                                     // started by the first Try

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Trial> next_;  // guarded by mutex_
  bool stop_ = false;            // guarded by mutex_
};

}  // namespace terrella::edge

// LogHistory: keeps events of requests and finds them again, on a thread of its own, so that
// neither a disk nor a search holds up the control plane.
//
// What waits for the disk is bounded; beyond, and while the disk takes nothing, events are counted
// as missed and left out. Between two questions what has come is written: searches do not pile up
// before it. The thread
// and the file come to be with the first event or question: a cluster whose workers keep nothing
// has neither.
//
// Thread: its loop's; the store lives on the thread.
// Invariants: `done` of a Query is called once, on the loop, unless the end came first.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "control_plane/events/log_store.h"
#include "control_plane/events/tail_hub.h"

namespace terrella::control {

struct LogQueueLimits {
  size_t events_max = 20'000;
  size_t bytes_max = size_t{32} << 20;
  size_t questions_max = 64;
  Duration reopen_every = std::chrono::seconds(5);  // a file that cannot be opened is tried again
};

class LogHistory final : public TailHub::Keeper {
 public:
  using Done = std::function<void(absl::StatusOr<v1::TailHistoryResponse>)>;

  // An empty path keeps nothing.
  LogHistory(EventLoop& loop, const Clock& clock, std::filesystem::path path,
             const LogQueueLimits& queue = {}, const LogLimits& limits = {})
      : loop_(loop), clock_(clock), path_(std::move(path)), queue_(queue), limits_(limits) {}
  ~LogHistory() override;
  LogHistory(const LogHistory&) = delete;
  LogHistory& operator=(const LogHistory&) = delete;

  void Keep(v1::TailEvent event) override;
  void Miss(const std::string& script, uint64_t events) override;
  // What was kept before this call is seen by it. ResourceExhausted when too many ask.
  void Query(v1::TailHistoryRequest request, Done done);
  // Answers those who wait: who ends need not search first. On the loop.
  void Refuse(const absl::Status& why);

 private:
  struct Question {
    v1::TailHistoryRequest request;
    Done done;  // called on the loop only
  };

  // What the thread alone has.
  struct Disk {
    absl::StatusOr<LogStore> store;
    MonotonicTime tried;
    std::map<std::string, uint64_t> missed;  // what it did not take: written with what comes next
    bool failing = false;
  };

  void Wake();
  void Work();
  void Write(Disk& disk, LogBatch batch);
  void Answer(const absl::StatusOr<LogStore*>& store, Question question);

  EventLoop& loop_;
  const Clock& clock_;
  const std::filesystem::path path_;
  const LogQueueLimits queue_;
  const LogLimits limits_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // answers on their way hold it weakly
  std::thread thread_;                                     // started by the first Wake

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  LogBatch batch_;
  size_t batch_bytes_ = 0;
  std::deque<Question> questions_;
  bool stop_ = false;
};

}  // namespace terrella::control

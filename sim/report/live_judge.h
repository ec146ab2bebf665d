// LiveJudge: how the assertions of a live run stand while it goes.
//
// An assertion of a phase goes through all samples, which grow, and people who are measured must
// not wait for who looks on. So what is new is copied, some tens of bytes a request, and judged on
// a thread that runs only when no other wants the processor, and rests for fifty times as long as
// it worked. What is judged is thus some seconds old. The verdicts are the report's; what has no
// value yet, a phase that has not begun or a rollback, is not judged.
//
// Thread: one calls Look; standing() is for any. Owns: copies of what it was shown.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sim/report/baseline.h"
#include "sim/report/report.h"
#include "sim/scenario/kv_results.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// The assertions in their order, of a run that has come to `elapsed`; what cannot be told yet is
// `skipped`. Pure.
std::vector<AssertionRow> JudgeSoFar(const Scenario& scenario, const Results& results,
                                     Duration elapsed, const Baseline* baseline);

class LiveJudge {
 public:
  struct Options {
    Duration rest_min = std::chrono::seconds(2);  // between two judgements
  };
  LiveJudge(const Scenario& scenario, std::shared_ptr<const net::Places> places,
            std::optional<Baseline> baseline, Options options);
  ~LiveJudge();
  LiveJudge(const LiveJudge&) = delete;

  // The run as it is now: the same objects each time, which only grow. Waits for nobody; what
  // cannot be taken now is next time.
  void Look(const Results& results, const std::vector<KvRecord>& kv, Duration elapsed);

  struct Standing {
    size_t requests = 0;  // that were judged
    std::vector<AssertionRow> assertions;
  };
  // As judged last; null: nothing was yet, or it is just being put there.
  std::shared_ptr<const Standing> standing() const;

 private:
  // What was shown and not yet taken over.
  struct News {
    std::vector<std::string> pops, versions;
    std::vector<Sample> samples, pages;
    std::vector<KvRecord> kv;
    std::vector<EventRecord> events;
    Duration elapsed{};
    bool any = false;
  };
  struct Seen {
    size_t pops = 0, versions = 0, samples = 0, pages = 0, kv = 0, events = 0;
  };
  void Work();
  void TakeOver(News news);

  const Scenario scenario_;
  const std::optional<Baseline> baseline_;
  const Options options_;
  Seen seen_;  // of the thread that looks
  // Of the thread that judges.
  Results results_;
  std::vector<KvRecord> kv_;
  Duration elapsed_{};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  News news_;
  bool over_ = false;
  std::shared_ptr<const Standing> standing_;
  std::thread thread_;  // last: begins when all else is there
};

}  // namespace terrella::sim

// RunFeed: what the dashboard of a cluster is told of one run of a scenario: its figures while it
// goes, its verdicts and its page when it is over.
//
// Thread: one at a time. A control plane that cannot be told, because the scenario killed it,
// holds nothing up.
#pragma once

#include <string>

#include "cli/client/run_publisher.h"
#include "cli/commands/invocation.h"
#include "cli/commands/run_words.h"
#include "sim/driver/driver.h"
#include "sim/engine/progress.h"
#include "sim/report/live_judge.h"
#include "sim/report/report.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

class RunFeed {
 public:
  static constexpr Duration kTellEvery = std::chrono::milliseconds(500);

  // `how`: "30 PoPs, live".
  RunFeed(const Invocation& in, const ClusterRecord& record, const sim::Scenario& scenario,
          const std::string& how, RunsOn on = RunsOn::kCluster);
  // A run that was told of and did not end is told to be interrupted.
  ~RunFeed();

  // Looks at the run and says how it is, now and then.
  void Tell(const sim::Driver& driver);
  // From then on what is told has how the assertions stand, too; it lives longer.
  void Use(sim::LiveJudge& judge) { judge_ = &judge; }
  // Says how far a run in virtual time is, at once: once every kTellEvery is enough.
  void Tell(const sim::EngineProgress& progress);
  // Waits until it is said. `page` is the report as HTML; one that is too large is left out.
  absl::Status End(const sim::Report& report, bool interrupted, std::string page);

 private:
  void TellAssertions(const std::vector<sim::AssertionRow>& rows);
  // Says what run_ is now, and does not wait.
  void Send(std::string page = "");

  v1::Run run_;  // as said last
  sim::LiveJudge* judge_ = nullptr;
  MonotonicTime told_at_{};
  bool told_ = false, ended_ = false;
  RunPublisher publisher_;
};

}  // namespace terrella::cli

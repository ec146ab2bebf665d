// RunFeed: what the dashboard of a cluster is told of one run of a scenario: its figures while it
// goes, its verdicts and its page when it is over.
//
// Thread: the command's. A control plane that cannot be told, because the scenario killed it,
// holds nothing up.
#pragma once

#include <string>

#include "cli/client/run_publisher.h"
#include "cli/commands/invocation.h"
#include "sim/driver/driver.h"
#include "sim/report/report.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

class RunFeed {
 public:
  // `how`: "30 PoPs, live".
  RunFeed(const Invocation& in, const ClusterRecord& record, const sim::Scenario& scenario,
          const std::string& how);
  // A run that was told of and did not end is told to be interrupted.
  ~RunFeed();

  // Looks at the run and says how it is, now and then.
  void Tell(const sim::Driver& driver);
  // Waits until it is said. `page` is the report as HTML; one that is too large is left out.
  absl::Status End(const sim::Report& report, bool interrupted, std::string page);

 private:
  // Says what run_ is now, and does not wait.
  void Send(std::string page = "");

  v1::Run run_;  // as said last
  MonotonicTime told_at_{};
  bool told_ = false, ended_ = false;
  RunPublisher publisher_;
};

}  // namespace terrella::cli

// RunBook: the runs of scenarios that somebody told of, and their reports.
//
// Whoever runs a scenario says every now and then how it goes; who watches gets the list of all
// runs whenever one of them changed. Nothing is stored: a control plane that is started anew knows
// of no run, and one that goes on says so again with its next word. A report's path has a number
// that nobody can guess, because a browser that follows a link shows no token. A run is listed
// under a hash of its id: who knows the id may say how the run goes, and who watches must not.
//
// Thread: any; watchers are called on the publisher's, with the book locked.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "terrella/v1/runs.pb.h"

namespace terrella::control {

struct RunBookLimits {
  size_t runs_max = 16;
  size_t run_bytes_max = 128 << 10;
  size_t report_bytes_max = 8 << 20;
  size_t reports_bytes_max = 24 << 20;  // of all
};

class RunBook {
 public:
  explicit RunBook(const Clock& clock, RunBookLimits limits = {})
      : clock_(clock), limits_(limits) {}

  // Errors as runs.proto says.
  absl::StatusOr<v1::PublishRunResponse> Publish(const v1::PublishRunRequest& request);

  using Seen = std::function<void(std::shared_ptr<const v1::RunList>)>;
  // Calls `seen` at once and after every change, until StopWatching; with null, and not again, when
  // the book is closed. It must not call the book.
  uint64_t Watch(Seen seen);
  void StopWatching(uint64_t watcher);
  void Close();

  // The page at a path of the gateway; null: there is none.
  std::shared_ptr<const std::string> Report(std::string_view path) const;

 private:
  struct Entry {
    std::string id;  // as its publisher says it, and nobody else is told
    v1::Run run;     // as listed
    std::shared_ptr<const std::string> report;
  };
  absl::Status Check(const v1::PublishRunRequest& request) const;
  Entry& EntryOf(const std::string& id);
  void ForgetOldReports();
  std::shared_ptr<const v1::RunList> List() const;

  const Clock& clock_;
  const RunBookLimits limits_;
  mutable std::mutex mutex_;   // guards what follows
  std::deque<Entry> entries_;  // newest first
  std::map<uint64_t, Seen> watchers_;
  uint64_t last_watcher_ = 0;
  bool closed_ = false;
};

}  // namespace terrella::control

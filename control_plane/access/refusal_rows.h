// RefusalRows: which refusals of a known caller are rows of the audit log, and which are only
// counted.
//
// A token that may do little can be used to be refused as often as its holder likes. Were each
// refusal a row, he could push what matters out of a log of limited length. So a caller has a few
// rows at once, and one a minute after that, which is the last refusal and how many like it have
// none. Each caller has this for himself: one that floods hides nobody else's refusals.
//
//   Add -> row, row, ..., row (`burst`) -> counted ... -> a minute after the first of these: Take
//   -> row
//
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

struct RefusalRowsLimits {
  double burst = 20;                              // rows of a caller at once
  Duration row_every = std::chrono::seconds(60);  // after these
  size_t callers_max = 1000;                      // others share the rows of one
};

class RefusalRows {
 public:
  // The clock outlives it.
  explicit RefusalRows(const Clock& clock, const RefusalRowsLimits& limits = {})
      : clock_(clock), limits_(limits) {}

  // The refusal, when it is to be written now.
  std::optional<v1::AuditRow> Add(v1::AuditRow row);
  // When Take has something; nothing when nothing is counted.
  std::optional<MonotonicTime> due() const;
  // Rows of what was counted, `unseen` in each; of those that are due, or of all.
  std::vector<v1::AuditRow> Take(bool all = false);

 private:
  struct Caller {
    double left;  // rows
    MonotonicTime at;
    uint64_t counted = 0;  // since its last row
    MonotonicTime since{};
    v1::AuditRow last;  // of those
  };
  Caller& Find(const std::string& name);
  void Refill(Caller& caller) const;
  void ForgetIdle();

  const Clock& clock_;
  const RefusalRowsLimits limits_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Caller> callers_;
};

}  // namespace terrella::control

// StrangerCount: refusals of callers who are nobody, counted instead of kept one by one.
//
// Anybody who can reach the port can be refused as often as he likes. Were each refusal a row, he
// could push what matters out of a log of limited length. So all of a minute are one row: how often
// which method, and the different reasons.
//
//   Add -> Add -> ... -> a minute after the first, or when somebody asks: Take -> one row
//
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

struct StrangerCountLimits {
  Duration row_every = std::chrono::seconds(60);
  size_t methods_max = 100;  // others are counted together
  size_t reasons_max = 4;    // that are told
};

struct Stranger {
  std::string_view method;
  std::string_view peer;
  std::string_view reason;  // the words of the refusal
};

class StrangerCount {
 public:
  // The clock outlives it.
  explicit StrangerCount(const Clock& clock, const StrangerCountLimits& limits = {})
      : clock_(clock), limits_(limits) {}

  // True when it is the first of a row.
  bool Add(const Stranger& stranger);
  // When the row is due; nothing when nothing is counted.
  std::optional<MonotonicTime> due() const;
  // The row of what was counted since the one before, if anything was.
  std::optional<v1::AuditRow> Take();

 private:
  const Clock& clock_;
  const StrangerCountLimits limits_;
  mutable std::mutex mutex_;  // guards what follows
  MonotonicTime since_{};
  std::map<std::string, uint64_t, std::less<>> methods_;
  std::set<std::string, std::less<>> reasons_;
  bool more_reasons_ = false;
  std::string peer_;  // the last one's
};

}  // namespace terrella::control

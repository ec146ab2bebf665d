// StatsKeeper: what every version of every script did in each PoP, by the minute, added up from the
// nodes' heartbeats.
//
// A day is kept, less when there is much: the oldest minutes go first. Minutes that are over are
// handed to whoever keeps them (stats_log.h); a crash loses the current one.
//
// Thread: one. Pure over a clock.
// Invariants: no minute is empty; cells_ is the number of cells of all minutes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "terrella/v1/node_sync.pb.h"
#include "terrella/v1/stats.pb.h"

namespace terrella::control {

struct StatsLimits {
  size_t minutes_max = 24 * 60;
  size_t cells_max = 50'000;  // of all minutes; about 2 KiB each
};

class StatsKeeper {
 public:
  using OnMinute = std::function<void(const v1::StatsMinute&)>;

  StatsKeeper(const Clock& clock, const StatsLimits& limits = {})
      : clock_(clock), limits_(limits) {}

  // Called with each minute when the next has begun.
  void set_on_minute(OnMinute on_minute) { on_minute_ = std::move(on_minute); }
  // A minute of before.
  void Load(const v1::StatsMinute& minute);

  void OnHeartbeat(std::string_view pop, const v1::Heartbeat& heartbeat);
  // See stats.proto.
  absl::StatusOr<v1::StatsResponse> Query(const v1::StatsRequest& request) const;
  size_t cells() const { return cells_; }

 private:
  // Sums, as ScriptStats has them.
  struct Cell {
    void Add(const v1::ScriptStats& stats);
    v1::ScriptStats counts;  // all that is added up plainly
    Histogram latency_us;
    Histogram cpu_us;
    std::map<std::string, uint64_t> failures;
    std::map<std::string, std::pair<uint64_t, uint64_t>> countries;  // requests, errors
  };
  using CellKey = std::tuple<std::string, std::string, std::string>;  // script, version, PoP
  using Minute = std::map<CellKey, Cell>;

  static v1::StatsMinute ToProto(int64_t unix_ms, const Minute& minute);
  static v1::StatsRow ToRow(const std::string& key, const Cell& cell);
  void Forget(int64_t now_ms);

  const Clock& clock_;
  const StatsLimits limits_;
  OnMinute on_minute_;
  std::map<int64_t, Minute> minutes_;  // by their beginning, Unix ms
  size_t cells_ = 0;
  int64_t current_ms_ = 0;  // 0: none yet
};

}  // namespace terrella::control

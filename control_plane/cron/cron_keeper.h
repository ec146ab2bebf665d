// CronKeeper: runs the scheduled() of workers when their expressions say so, each moment at least
// once, and remembers how it went.
//
//              due                 a node is there            OK, or FAILED for good
//   (nothing) -----> WAITING ----------------------> RUNNING ------------------------> over
//                       ^                               |
//                       '--- failed: after a back-off --'
//                       '--- node lost: same attempt ---'
//
// A fire's id follows from script, expression and moment, so two control planes that both believe
// they lead name it alike; the row that says "it fires" is written, by comparison, before any node
// hears of it. A node runs (fire id, attempt) once. After an outage the latest moment that passed
// is run, when it is no older than `missed_max`; the others are counted as missed.
//
// Which node: of those that can, the one with the highest hash of (node, script, expression), so
// that one trigger keeps meeting one warm isolate and triggers spread; a second attempt goes to the
// next one.
//
// Thread: one. Pure over clock, store and dispatcher.
// Invariants: (1) the store knows of a fire before a node does; (2) what is in memory is what the
// store has, save that a lost node's runs wait again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "bundle/cron_expression.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/crons.pb.h"
#include "terrella/v1/node_events.pb.h"

namespace terrella::control {

// The way to the nodes.
class FireDispatcher {
 public:
  virtual ~FireDispatcher() = default;
  // Ids of nodes that can run something now.
  virtual std::vector<std::string> Nodes() const = 0;
  // Answered by OnResult, or by OnNodeLost. Never calls back from within.
  virtual void Send(const std::string& node, const v1::Fire& fire) = 0;
};

struct CronLimits {
  Duration missed_max = std::chrono::hours(1);
  uint32_t attempts_max = 3;
  Duration retry_first = std::chrono::seconds(10);     // then six times as long, and so on
  Duration return_patience = std::chrono::seconds(2);  // a lost node may come back and answer
  Duration run_max = std::chrono::minutes(16);         // longer than nodes let it run
  size_t running_max = 16;                             // fires of one trigger that are not over
  size_t runs_kept = 10;
};

class CronKeeper {
 public:
  CronKeeper(const Clock& clock, StateStore& store, FireDispatcher& dispatcher,
             const CronLimits& limits = {})
      : clock_(clock), store_(store), dispatcher_(dispatcher), limits_(limits) {}

  // Reads the rows; what ran waits again. Errors are the store's.
  absl::Status Load();
  // The expressions of a script's deployment; none: it is gone. What cannot be read is passed over.
  void SetScript(const std::string& script, const std::vector<std::string>& crons);
  // Scripts with rows, for whoever compares them with what is deployed.
  std::vector<std::string> Scripts() const;

  // Only one of several control planes fires. False to begin with.
  void SetLeading(bool leading) { leading_ = leading; }

  // Does what is due. To be called at NextWake, and when nodes came.
  void Tick();
  // Nothing: there is nothing to wait for.
  std::optional<WallTime> NextWake() const;

  void OnResult(const std::string& node, const v1::FireResult& result);
  void OnNodeLost(const std::string& node);

  // NotFound when the script has no row and is said not to be deployed.
  v1::ListCronsResponse List(std::string_view script) const;

 private:
  using Key = std::pair<std::string, std::string>;  // script, expression
  struct Trigger {
    bundle::CronExpression expression;
    v1::CronTrigger row;
    Revision modified = 0;
  };
  struct Order {
    std::string node;
    v1::Fire fire;
  };

  static std::string KeyOf(const v1::CronTrigger& row);
  // Adds the run that is due, if one is, and sets the next moment.
  void Advance(const Trigger& trigger, v1::CronTrigger& row, WallTime now) const;
  // Starts what waits; ends what waited or ran too long.
  void Dispatch(v1::CronTrigger& row, WallTime now, std::vector<Order>& orders) const;
  std::string ChooseNode(const v1::CronTrigger& row, uint32_t attempt) const;
  void Trim(v1::CronTrigger& row) const;
  // Writes a row and takes it over; false when somebody else wrote it, or the store fails.
  bool Commit(Trigger& trigger, v1::CronTrigger row);
  std::pair<Trigger*, int> FindRun(const std::string& fire_id);

  const Clock& clock_;
  StateStore& store_;
  FireDispatcher& dispatcher_;
  const CronLimits limits_;
  bool leading_ = false;
  WallTime not_before_{};  // after the store refused
  std::map<Key, Trigger> triggers_;
};

// The name of a fire.
std::string FireId(std::string_view script, std::string_view cron, int64_t scheduled_unix_ms);

}  // namespace terrella::control

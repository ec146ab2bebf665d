// RolloutKeeper: the rollouts that run, moved from wave to wave by what nodes report.
//
// What is kept is the rollout's row, written in one transaction with each deployment it makes:
// where a rollout stands is never a matter of memory, and a step is done once or not at all.
// Figures are not kept: after a restart the wave of now is judged anew. What is decided is decided
// by WaveRun (control_plane/waves/wave_run.h).
//
// Thread: one (the event loop's).
// Owns: the runs. Borrows: the rest, which outlives it.
// Invariants: (1) at most one rollout of a script runs; (2) while one runs, the script's deployment
// carries its id.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "control_plane/registry/node_registry.h"
#include "control_plane/rollout/catalog.h"
#include "control_plane/rollout/deployer.h"
#include "control_plane/rollout/fleet.h"
#include "control_plane/waves/rollout_record.h"
#include "control_plane/waves/wave_plan.h"
#include "control_plane/waves/wave_run.h"

namespace terrella::control {

struct RolloutLimits {
  uint64_t rollouts_kept_max = 100;  // of one script
  size_t traffic_entries_max = 100'000;
  size_t message_bytes_max = 4096;
  size_t request_id_bytes_max = 64;
  Duration judge_every = std::chrono::milliseconds(100);
};

class RolloutKeeper final : public RolloutRules {
 public:
  using ProgressCallback = std::function<void(const v1::RolloutProgress&)>;
  using WatcherId = uint64_t;

  RolloutKeeper(EventLoop& loop, const Clock& clock, StateStore& store, Catalog& catalog,
                const Fleet& fleet, const NodeRegistry& registry, Deployer& deployer,
                const RolloutLimits& limits = {});

  // Goes on with what was running.
  absl::Status Load();

  absl::Status Complete(DeployWish& wish) override;
  void Committed(const RolloutRow& row, const v1::DeployResponse& done) override;
  std::string WayBack(const std::string& script) const override;

  absl::StatusOr<v1::Rollout> Change(const v1::ChangeRolloutRequest& request);
  absl::StatusOr<v1::ListRolloutsResponse> List(const std::string& script) const;
  // The callback gets how it stands at once, then every change; the last one is ENDED.
  absl::StatusOr<WatcherId> Watch(const v1::WatchRolloutRequest& request,
                                  ProgressCallback callback);
  void StopWatching(WatcherId id) { watchers_.erase(id); }

  void OnHeartbeat(const std::string& node, Revision acked, const v1::Heartbeat& heartbeat);

 private:
  struct Running {
    WaveRun run;
    std::string key;
    Revision modified = 0;  // of the row
    std::string trouble;    // why the step that is due could not be done

    const v1::Rollout& rollout() const { return run.rollout(); }
  };
  struct Watcher {
    std::string script;
    std::string rollout_id;
    ProgressCallback callback;
    std::string told;  // without what changes all the time
  };

  absl::Status Begin(DeployWish& wish);
  absl::Status FillVersions(const v1::Rollout& rollout, DeployWish& wish) const;
  std::vector<WaveNode> NodesFor(const std::string& script) const;
  void Tick();
  void Evaluate(Running& running);
  // All nodes, beside what brought the record's wave; without a record nobody has it.
  std::vector<WaveMember> MembersFor(const v1::Rollout& rollout) const;
  // One step, committed: the next wave or the way back. `next` is the record after it.
  absl::Status Step(Running& running, v1::Rollout next, bool way_back);
  // The step's figures are those of now.
  absl::Status Advance(Running& running, RolloutStep step);
  absl::Status GoBack(Running& running, v1::Rollout::State state, RolloutStep step);
  absl::Status Pause(Running& running, bool paused, RolloutStep step);
  // The rollout that the request has changed already; nothing: it is a new one.
  absl::StatusOr<std::optional<v1::Rollout>> DoneBefore(
      const v1::ChangeRolloutRequest& request) const;
  v1::RolloutProgress ProgressOf(const Running& running) const;
  // False when the watcher has seen the end.
  bool Tell(Watcher& watcher, const v1::RolloutProgress& progress);
  void TellAll(const v1::RolloutProgress& progress);
  absl::StatusOr<v1::Rollout> FindLast(const std::string& script,
                                       const std::string& rollout_id) const;
  int64_t NowMs() const { return UnixMs(clock_.WallNow()); }

  const Clock& clock_;
  StateStore& store_;
  Catalog& catalog_;
  const Fleet& fleet_;
  const NodeRegistry& registry_;
  Deployer& deployer_;
  const RolloutLimits limits_;
  Timer tick_;
  std::map<std::string, Running> running_;                           // by script
  std::map<std::string, uint64_t> last_number_;                      // of a rollout, by script
  std::map<std::pair<std::string, std::string>, uint64_t> traffic_;  // requests by script and node
  std::map<WatcherId, Watcher> watchers_;
  WatcherId last_watcher_ = 0;
};

}  // namespace terrella::control

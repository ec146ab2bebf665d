// WaveJudge: whether one wave of a rollout may end, must end badly, or goes on.
//
//   converging --every node has it--> baking --bake over--> passed
//        |   ^---- a node is lost ------|  '--missing or in doubt--> holding --resolved--> passed
//        '---- a gate trips, a node refuses it or is lost again and again: tripped (from any state)
//
// A version that takes its node down leaves no figures behind: what was not reported died with the
// process. So losses count by themselves: each begins the bake anew, and one node's third is a
// verdict.
//
// Looking again and again until something is found finds something. So looks are counted: one when
// the new version has 10 requests, one whenever it has 1.3 times those of the last look, and one
// when the wave could pass. The k-th look may be wrong with probability false_alarm / (k (k + 1)),
// shared by the gates; all looks together with false_alarm. Looks are due by the number of requests
// and never by what they answered, which would spoil that sum. A wave whose last look was in doubt
// (wave_evidence.h) holds until a later one is not.
//
// Nothing of it is kept: after a restart of the control plane the wave bakes anew, on fresh
// figures.
//
// Thread: one. Pure: time comes from the clock it is given.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control_plane/waves/wave_evidence.h"
#include "terrella/v1/deployments.pb.h"
#include "terrella/v1/rollouts.pb.h"

namespace terrella::control {

// The wave's nodes, now.
struct WaveNodes {
  size_t connected = 0;
  std::vector<std::string> lagging;         // connected, and without the wave's revision
  std::vector<std::string> down;            // were connected in the wave and are not
  std::vector<v1::NodeRejection> rejected;  // verdicts on the code, not troubles of a node
};

struct WaveVerdict {
  enum class Kind { kConverging, kBaking, kHolding, kPassed, kTripped };
  Kind kind = Kind::kConverging;
  std::string why;  // one line for people; when tripped, the gate and its numbers
  Duration bake_left{};
  v1::WaveFigures figures;
};

class WaveJudge {
 public:
  WaveJudge(const Clock& clock, const v1::Gates& gates, Duration bake);

  // Counters of one report, all of them from under the wave's shares.
  void Add(const std::string& node, bool version_is_new, const v1::ScriptStats& stats) {
    evidence_.Add(node, version_is_new, stats);
  }
  // While it is `paused` a wave may trip but not pass.
  WaveVerdict Judge(const WaveNodes& nodes, bool paused = false);

 private:
  // The figures at the next look's level; counts the look when it is one. Others are for people:
  // once a second is enough.
  v1::WaveFigures Read(bool look);
  bool LookIsDue() const { return evidence_.new_requests() >= next_look_at_; }
  // What keeps a wave that has baked; empty: nothing.
  std::string Missing(const WaveNodes& nodes) const;
  // Counts who went down; a loss begins the bake anew.
  void CountLosses(const std::vector<std::string>& down);
  bool HasEnoughRequests() const;
  // What the last look was in doubt about; empty: nothing.
  std::string Doubt() const;

  const Clock& clock_;
  const v1::Gates gates_;
  const Duration bake_;
  const MonotonicTime began_;
  std::optional<MonotonicTime> baking_since_;
  WaveEvidence evidence_;
  std::optional<MonotonicTime> read_at_;
  v1::WaveFigures figures_;    // as last read
  v1::WaveFigures looked_at_;  // by the last look
  bool looked_to_pass_ = false;
  // Nodes that were down when it was last judged; before the first time, nothing is known, and who
  // is down then has not been lost.
  std::optional<std::set<std::string>> down_;
  std::map<std::string, int> losses_;   // by node
  std::optional<WaveVerdict> tripped_;  // for good
  uint64_t looks_ = 0;
  uint64_t next_look_at_;  // requests of the new version
};

}  // namespace terrella::control

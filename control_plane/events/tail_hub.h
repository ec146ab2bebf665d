// TailHub: who watches which script, what of it is kept, and the way of what they see from the
// nodes to them.
//
// A tail is a session: its filter goes to every node, which decides what passes. The set of all
// filters is sent whole whenever it changes and again while there are some, each time with a time
// to live, so that a node that hears no more forgets them by itself: whatever dies (the person's
// terminal, this process, the network in between), no filter stays behind. A version whose events
// are kept is a filter like any other, and its session is its name.
//
// Thread: one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "terrella/v1/node_events.pb.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::control {

struct TailLimits {
  size_t sessions_max = 100;
  size_t values_max = 32;  // of one kind in a filter
  size_t value_bytes_max = 1024;
  Duration ttl = std::chrono::seconds(6);
};

// InvalidArgument names what is wrong with it and what was expected.
absl::Status CheckTailFilter(const v1::TailFilter& filter, const TailLimits& limits = {});

class TailHub {
 public:
  using Callback = std::function<void(v1::TailItem)>;
  // Where events go that are kept.
  class Keeper {
   public:
    virtual ~Keeper() = default;
    virtual void Keep(v1::TailEvent event) = 0;
    // Events of the script that came faster than they could be kept.
    virtual void Miss(const std::string& script, uint64_t events) = 0;
  };

  // `changed`: Set() is to go to every node.
  explicit TailHub(std::function<void()> changed, const TailLimits& limits = {})
      : changed_(std::move(changed)), limits_(limits) {}

  // The session's id. InvalidArgument names what is wrong with the filter, ResourceExhausted when
  // too many people watch.
  absl::StatusOr<std::string> Open(const v1::TailRequest& request, Callback callback);
  void Close(const std::string& session);
  // What of a script's versions is kept, in place of what was said before. The keeper outlives it.
  void Keep(const std::string& script, const std::vector<v1::TailFilter>& versions);
  void set_keeper(Keeper* keeper) { keeper_ = keeper; }
  bool keeps(const std::string& script) const;
  // What one node saw.
  void OnBatch(const std::string& node, const v1::TailBatch& batch);

  // All filters there are.
  v1::TailSet Set() const;
  size_t filters() const { return sessions_.size() + kept_.size(); }
  // How often the set is to be sent again; only while there are filters.
  Duration refresh_every() const { return limits_.ttl / 3; }

 private:
  struct Session {
    v1::TailFilter filter;
    Callback callback;
  };

  const std::function<void()> changed_;
  const TailLimits limits_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, v1::TailFilter> kept_;  // by session
  Keeper* keeper_ = nullptr;
};

}  // namespace terrella::control

// Convergence: people who wait until every node has a revision, and how long that took.
//
// Each follower gets the newest picture when it differs from the last one it got; pictures in
// between may be skipped. The time of a revision stops when the last connected node has reported on
// it, so that somebody who asks later is told how long it took and not how long ago it was.
//
// Of the newest revisions it also knows when which node reported, so that it can say how far each
// part of the world was when. Nodes that learned of a revision when they came are not in it: they
// did not wait for a push.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control_plane/rollout/fleet.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/deployments.pb.h"

namespace terrella::control {

// As messages have times.
uint64_t Microseconds(Duration duration);

class Convergence {
 public:
  using FollowerId = uint64_t;
  using Callback = std::function<void(const v1::Convergence&)>;

  Convergence(const Clock& clock, const Fleet& fleet, const ResourceTable& table)
      : clock_(clock), fleet_(fleet), table_(table) {}

  // A revision was committed now.
  void Committed(Revision revision);
  // A node has reported on the revisions after `from` up to `to`.
  struct Ack {
    std::string node;
    std::string region;
    Revision from = 0;
    Revision to = 0;
  };
  void Acked(const Ack& ack);
  // From the commit of the node's last change to its report; nothing when it took none.
  std::optional<Duration> LastPush(const std::string& node) const;
  // The node is not expected back.
  void Forget(const std::string& node) { last_push_.erase(node); }
  // Something in the fleet changed: tells the followers. A follower whose revision is complete has
  // got its last picture.
  void Refresh();
  // The callback gets the first picture at once. A revision that changed nothing for the nodes is
  // complete as soon as the one before it is.
  FollowerId Follow(Revision revision, Callback callback);
  void Unfollow(FollowerId id) { followers_.erase(id); }

 private:
  struct Report {
    std::string region;
    Duration took{};
  };
  struct Times {
    MonotonicTime committed;
    std::optional<Duration> took;
    std::map<std::string, Report> reports;  // by node; of the newest revisions
  };
  struct Follower {
    Revision revision = 0;  // asked for
    Callback callback;
    v1::Convergence last;
    bool told = false;
  };
  v1::Convergence Picture(Revision revision) const;
  // Adds what is known of when nodes reported.
  static void AddTimes(const Times& times, v1::Convergence& picture);
  // Sends when there is news; false when the follower is done.
  bool Tell(Follower& follower);

  static constexpr size_t kRevisionsTimed = 1024;
  static constexpr size_t kRevisionsDetailed = 16;

  const Clock& clock_;
  const Fleet& fleet_;
  const ResourceTable& table_;
  std::map<Revision, Times> times_;
  std::map<std::string, Duration> last_push_;  // by node
  std::map<FollowerId, Follower> followers_;
  FollowerId last_follower_ = 0;
};

}  // namespace terrella::control

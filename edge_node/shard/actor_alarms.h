// ActorAlarms: calls alarm() of Durable Objects when it is due.
//
// A shard looks into the index that all nodes share. It runs the alarms of objects that live here
// as soon as they are due, and those of others only when they are overdue: then their owner has
// died, and asking for the object moves it. An object asked without need runs nothing.
//
// Thread: the shard's loop. Borrows: clock, index, router (all outlive it).
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "edge_node/actors/alarm_index.h"
#include "edge_node/shard/actor_router.h"

namespace terrella::edge {

class ActorAlarms {
 public:
  // `clock` says whether an alarm is due. `has_code`: whether the class of a namespace's objects is
  // known here.
  ActorAlarms(EventLoop& loop, const Clock& clock, AlarmIndex& index, ActorRouter& router,
              std::function<bool(std::string_view namespace_id)> has_code);
  ~ActorAlarms();

 private:
  class Run;
  void Look();
  // How many more may start.
  struct Room {
    size_t own = 0, overdue = 0;
    size_t& Of(bool is_own) { return is_own ? own : overdue; }
  };
  Room RoomNow() const;
  // Whether to run it here, now.
  bool IsForHere(const AlarmIndex::Entry& entry, bool is_own, int64_t now_ms) const;

  EventLoop& loop_;
  const Clock& clock_;
  AlarmIndex& index_;
  ActorRouter& router_;
  const std::function<bool(std::string_view)> has_code_;
  std::list<std::unique_ptr<Run>> runs_;  // the newest first
  bool has_more_ = false;                 // than there was room for
  std::set<std::string> running_;         // ids
  Timer look_;
};

}  // namespace terrella::edge

// CallOrder and ArrivalOrder: calls of one Durable Object that one shard makes are delivered in the
// order they were made ("e-order"), though each travels on a connection of its own.
//
//   caller: each call gets a number as it leaves, and names the one before it to the same object
//           while that is not known to have arrived
//   door:   a call waits for the one it names, for a second at most: a call that left and never
//           comes has failed, and must not stop those behind it
//
// Thread: the shard's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/event_loop.h"

namespace terrella::edge {

struct CallTicket {
  uint64_t caller = 0;  // random, of one shard of one process
  uint64_t number = 0;  // 0: its order does not matter
  uint64_t after = 0;   // 0: none
};

class CallOrder {
 public:
  CallOrder();

  CallTicket Leave(const std::string& object);
  // It was answered, or there is nobody left who waits for its answer.
  void Settle(const std::string& object, uint64_t number);
  size_t size() const { return under_way_.size(); }

 private:
  const uint64_t caller_;
  uint64_t last_ = 0;
  std::map<std::string, uint64_t> under_way_;  // the last call to each object
};

class ArrivalOrder {
 public:
  struct Options {
    Duration wait_max = std::chrono::seconds(1);
    Duration remember = std::chrono::seconds(10);  // that a call came
    size_t remembered_max = 100'000;
  };
  ArrivalOrder(EventLoop& loop, Options options);
  explicit ArrivalOrder(EventLoop& loop) : ArrivalOrder(loop, Options()) {}

  // Runs `deliver` when it is the call's turn, perhaps now. It runs even if nobody cares any more:
  // later calls may wait for this one.
  void Arrive(const CallTicket& ticket, std::function<void()> deliver);
  size_t waiting() const { return waiting_.size(); }

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // caller and number
  struct Waiting {
    Key own;
    MonotonicTime until{};
    std::function<void()> deliver;
  };
  // Delivers the call and, one after another, those that waited for it.
  void Deliver(Waiting call);
  void Remember(const Key& key);
  void Expire();

  EventLoop& loop_;
  const Options options_;
  std::map<Key, MonotonicTime> came_;
  std::deque<Key> came_in_order_;
  std::map<Key, Waiting> waiting_;  // by the call each waits for
  Timer expire_;
};

}  // namespace terrella::edge

// CallOrder and ArrivalOrder: calls of one Durable Object that one shard makes are delivered in the
// order they were made ("e-order"), though each travels on a connection of its own.
//
//   caller: each call gets a number as it leaves, and names the one before it to the same object
//           by the same door while that is not known to have arrived
//   door:   a call waits for the one it names, for a second at most: a call that left and never
//           comes has failed, and must not stop those behind it
//
// Numbers of one caller rise, so the door knows by the highest one that came of a caller for an
// object which calls need not wait. It leaves out order across a move of the object: the old owner
// and the new one do not speak of who came.
//
// Thread: the shard's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
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

  // `door`: of the host it goes to.
  CallTicket Leave(const std::string& object, const std::string& door);
  // It was answered, or there is nobody left who waits for its answer.
  void Settle(const std::string& object, uint64_t number);
  size_t size() const { return under_way_.size(); }

 private:
  struct UnderWay {
    uint64_t number = 0;
    std::string door;
  };
  const uint64_t caller_;
  uint64_t last_ = 0;
  std::map<std::string, UnderWay> under_way_;  // the last call to each object
};

class ArrivalOrder {
 public:
  struct Options {
    Duration wait_max = std::chrono::seconds(1);
    size_t remembered_max = 100'000;  // pairs of a caller and an object
  };
  ArrivalOrder(EventLoop& loop, Options options);
  explicit ArrivalOrder(EventLoop& loop) : ArrivalOrder(loop, Options()) {}

  // Runs `deliver` when it is the call's turn, perhaps now. It runs even if nobody cares any more:
  // later calls may wait for this one.
  void Arrive(const std::string& object, const CallTicket& ticket, std::function<void()> deliver);
  size_t waiting() const { return waiting_.size(); }

 private:
  using Stream = std::pair<uint64_t, std::string>;  // caller and object
  using Key = std::pair<Stream, uint64_t>;          // and the number of a call
  struct Waiting {
    uint64_t number = 0;
    MonotonicTime until{};
    std::function<void()> deliver;
  };
  struct Came {
    uint64_t number = 0;                 // the highest
    std::list<Stream>::iterator recent;  // its place in recent_
  };
  // Delivers the call and, one after another, those that waited for it.
  void Deliver(const Stream& stream, Waiting call);
  bool HasCome(const Stream& stream, uint64_t number) const;
  void Remember(const Stream& stream, uint64_t number);
  void Expire();

  EventLoop& loop_;
  const Options options_;
  std::map<Stream, Came> came_;
  std::list<Stream> recent_;        // the latest first
  std::map<Key, Waiting> waiting_;  // by the call each waits for
  Timer expire_;
};

}  // namespace terrella::edge

// ActorState: one Durable Object alive in an isolate: its instance, its storage, and the events
// that it is in the middle of or that wait for it. ActorTable: those of an isolate.
//
// Each event has an IoContext of its own. Contexts of one object may wait for each other's
// promises, so none of them is hung while another can still bring a turn, and what an event leaves
// behind (timers, fetches) goes on for a while after its answer.
//
//   (none) --first event--> made --> running events, in order of arrival
//                                      |  blockConcurrencyWhile: new ones wait
//   dropped <--idle for a while--------'
//   broken  <--moved, exception in the constructor, failed write: every event fails, sockets close
//
// Thread: the isolate's. Owns: instance and storage. Invariants: (1) an object's JavaScript runs
// only while its storage is open; (2) Break happens outside of turns.
#pragma once

#include <v8.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "edge_node/runtime/actor_storage.h"
#include "edge_node/runtime/isolate_state.h"
#include "http/message/body.h"
#include "http/message/message_channel.h"

namespace terrella::runtime {

struct ActorLimits {
  size_t live_max = 2000;       // objects of one isolate
  size_t waiting_max = 1000;    // events that wait for one object
  size_t sockets_max = 32'768;  // hibernating ones of one object
  size_t key_bytes_max = 2048;
  size_t value_bytes_max = 2 << 20;
  size_t call_bytes_max = 32 << 20;                // arguments or result of a method call
  size_t keys_max = 128;                           // of one get, put or delete
  Duration idle = std::chrono::seconds(10);        // then the instance is dropped
  Duration block_max = std::chrono::seconds(30);   // of blockConcurrencyWhile
  Duration alarm_retry = std::chrono::seconds(2);  // after the first failure; doubled each time
  uint32_t alarm_retries_max = 6;
};

class ActorTable;

class ActorState {
 public:
  ActorState(ActorTable& table, uint32_t number, ActorAddress address,
             std::unique_ptr<ActorStorage> storage);
  ~ActorState();

  uint32_t number() const { return number_; }
  const ActorAddress& address() const { return address_; }
  ActorStorage& storage() { return *storage_; }

  // --- events
  void Enter(IoContext& io);
  // Runs it when the object takes events, else after those that wait already.
  void Deliver(std::function<void()> event);
  void Left(uint32_t io);
  // Whether alarm() runs now and has set no other.
  bool runs_alarm() const { return alarm_io_ != 0; }
  void AlarmChanged() { alarm_io_ = 0; }
  // Whether some context besides this one will have a turn.
  bool OthersWait(const IoContext& io) const;

  // --- blockConcurrencyWhile, and a transaction that spans turns
  void Block(IoContext& io);
  void Unblock(IoContext& io);
  bool blocked() const { return !blocks_.empty(); }
  // While held, the ends of turns commit nothing.
  void Hold() { ++holds_; }
  void Release() { --holds_; }
  bool held() const { return holds_ > 0; }

  // --- WebSockets that outlive the instance: they belong to this context; 0 before the first one
  IoContext& SocketIo();
  struct HibernatingSocket {
    std::vector<std::string> tags;
    std::string attachment;  // serialised; empty: none
    double auto_response_ms = 0;
  };
  std::map<uint32_t, HibernatingSocket>& sockets() { return sockets_; }
  void SocketMessage(uint32_t socket, http::MessageChannel::Kind kind, std::string bytes);
  void SocketClosed(uint32_t socket, uint16_t code, std::string reason);
  struct AutoResponse {
    std::string request, response;
  };
  std::optional<AutoResponse>& auto_response() { return auto_response_; }

 private:
  friend class ActorTable;
  // An event in its place; it is not ready while its arguments are on their way.
  struct Waiting {
    std::function<void()> event;
    bool ready = true;
    std::unique_ptr<http::Collector> arguments;
  };
  std::function<void()> Entering(IoContext& io);
  void Gather(IoContext& io);
  void Run(IoContext& io);
  bool Make(IoContext& io);
  bool BeginAlarm(IoContext& io, uint32_t& retries);
  void Pump();
  using Arguments = std::vector<v8::Local<v8::Value>>;
  // `add` puts the event's type and what belongs to it behind the arguments; false: not now.
  void CallSocket(uint32_t socket, std::function<bool(Arguments&)> add);

  ActorTable& table_;
  const uint32_t number_;
  const ActorAddress address_;
  std::unique_ptr<ActorStorage> storage_;
  v8::Global<v8::Object> instance_;  // what js/actors/actor_host.js made; empty: none
  std::set<uint32_t> ios_;
  std::deque<std::shared_ptr<Waiting>> waiting_;
  std::map<uint32_t, uint32_t> blocks_;  // how often each context blocks
  MonotonicTime blocked_since_{};
  MonotonicTime last_used_{};
  uint32_t holds_ = 0;
  bool broken_ = false;
  uint32_t alarm_io_ = 0;  // the context that alarm() runs in
  uint32_t socket_io_ = 0;
  std::map<uint32_t, HibernatingSocket> sockets_;
  std::optional<AutoResponse> auto_response_;
};

class ActorTable {
 public:
  explicit ActorTable(IsolateState& state, const ActorLimits& limits = {});
  ~ActorTable();

  // The event of an InboundRequest with an actor.
  void Start(IoContext& io);
  std::shared_ptr<ActorState> Find(uint32_t number);
  // At the end of each turn, before what it asked for is done.
  void CommitTurn();
  // Whether writes of this turn are still to be committed.
  bool dirty() const { return !dirty_.empty(); }
  void MarkDirty(ActorState& actor) { dirty_.insert(actor.number()); }
  // Ends the object; the next event makes a new one.
  void Break(ActorState& actor, std::string_view reason);
  // The same from inside of a turn, after it.
  void BreakLater(uint32_t number, std::string reason);
  // Those of one namespace, or all.
  void BreakAll(std::string_view reason, std::string_view namespace_id = {});
  size_t size() const { return actors_.size(); }
  IsolateState& state() { return state_; }
  const ActorLimits& limits() const { return limits_; }
  // Reads null once the table is gone.
  const std::shared_ptr<ActorTable*>& handle() const { return self_; }

 private:
  void Sweep();
  absl::StatusOr<std::shared_ptr<ActorState>> Open(const ActorAddress& address);

  IsolateState& state_;
  const ActorLimits limits_;
  uint32_t last_number_ = 0;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<ActorState>> actors_;
  std::map<uint32_t, std::shared_ptr<ActorState>> by_number_;
  std::set<uint32_t> dirty_;
  Timer sweep_;
  const std::shared_ptr<ActorTable*> self_ = std::make_shared<ActorTable*>(this);
};

}  // namespace terrella::runtime

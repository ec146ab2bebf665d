// ActorRouter: how the workers of one shard reach Durable Objects, wherever those live.
//
//   call --owner known--> here: in this shard      --> answer
//     |                   elsewhere: half an rtt --> its door --> half an rtt --> answer
//     '--unknown--> ask the directory, calls of the same object wait in line
//   refused, or nobody at the door --> the owner is forgotten, asked for again, tried again
//
// A call that may have reached the object is never made twice. Calls leave in the order they were
// made, and are delivered so (call_order.h).
//
// Thread: the shard's loop. Borrows: loop, client, directory (all outlive it).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "edge_node/actors/actor_directory.h"
#include "edge_node/runtime/host.h"
#include "edge_node/shard/call_order.h"
#include "edge_node/shard/subrequest.h"
#include "http/client/client.h"

namespace terrella::edge {

// Hands a call to an object of this shard. Aborted: it is not here, and nothing was done.
using DeliverToActor = std::function<std::unique_ptr<runtime::Subrequest>(
    runtime::ActorAddress address, UrlParts url, runtime::OutboundRequest request,
    runtime::SubrequestObserver& observer)>;

struct ActorRouterLimits {
  size_t owners_max = 100'000;            // remembered
  size_t calls_max = 10'000;              // in line for one object
  uint64_t replay_bytes_max = 256 << 10;  // bodies up to here are kept for another try
  uint32_t tries_max = 10;
  Duration first_wait = std::chrono::milliseconds(50);  // doubled with each try
  Duration wait_max = std::chrono::seconds(1);
};

class ActorRouter {
 public:
  struct Options {
    ActorDirectory* directory = nullptr;  // null: none, every call fails
    v1::ActorHost self;                   // the door included
    bool hosts = true;  // false: none live here, `self` is another host, in whose name it asks
    std::map<std::string, Duration> rtts;  // modelled, to the hosts of each PoP
    ActorRouterLimits limits;
  };
  ActorRouter(EventLoop& loop, http::Client& client, Options options, DeliverToActor deliver);
  ~ActorRouter();

  std::unique_ptr<runtime::Subrequest> Start(UrlParts url, runtime::OutboundRequest request,
                                             runtime::SubrequestObserver& observer);
  // Whether the object is known to live here.
  bool IsOwn(const runtime::ActorAddress& address) const;
  // Tells the directory of this host, now and from then on again and again.
  void StartJoining();

 private:
  class ActorCall;
  class Handle;
  struct Owner {
    v1::ActorHost host;
    uint64_t epoch = 0;
    bool is_self = false;
    Duration rtt{};
  };
  // Calls that have not left, in the order they were made.
  struct Line {
    std::deque<std::weak_ptr<ActorCall>> calls;
    bool is_locating = false;

    // A call that comes back keeps its place.
    void Insert(const std::shared_ptr<ActorCall>& call);
  };

  void Pump(const std::string& key);
  void Locate(const std::string& key, const ActorCall& call);
  void Located(const std::string& key, absl::StatusOr<v1::LocateActorResponse> response);
  void Forget(const std::string& key, uint64_t epoch);
  void Join();

  EventLoop& loop_;
  http::Client& client_;
  const Options options_;
  const DeliverToActor deliver_;
  std::map<std::string, Owner> owners_;
  std::map<std::string, Line> lines_;
  CallOrder order_;
  uint64_t last_call_ = 0;
  Timer join_;
  const std::shared_ptr<ActorRouter*> self_ = std::make_shared<ActorRouter*>(this);
};

// What is said of a call as it leaves.
using DescribeCall = std::function<v1::ActorCall()>;
// A call over the modelled distance to the door of another host. Aborted when it did not leave.
std::unique_ptr<runtime::Subrequest> CallDoor(EventLoop& loop, http::Client& client,
                                              const SocketAddress& door, Duration rtt,
                                              DescribeCall describe, UrlParts url,
                                              runtime::OutboundRequest request,
                                              runtime::SubrequestObserver& observer);

}  // namespace terrella::edge

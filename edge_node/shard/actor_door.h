// ActorDoor: where a shard takes calls of its Durable Objects from other hosts: an HTTP/1.1 server
// of its own on the loopback, which answers nothing but calls that show the shard's key.
//
// The key is random, made at the start, and known to the control plane and whoever it told where an
// object lives. The ports of clients do not lead here: a field of this kind in their requests is
// one like any other.
//
// Thread: the shard's loop. Owns: the server and the calls in progress.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "edge_node/shard/actor_router.h"
#include "edge_node/shard/call_order.h"
#include "http/server/server.h"

namespace terrella::edge {

class ActorDoor {
 public:
  static absl::StatusOr<std::unique_ptr<ActorDoor>> Open(EventLoop& loop, std::string key,
                                                         DeliverToActor deliver);
  ~ActorDoor();

  SocketAddress address() const { return server_->address(); }
  void Drain(Duration deadline, std::function<void()> done) {
    server_->Drain(deadline, std::move(done));
  }

 private:
  class Visit;
  ActorDoor(EventLoop& loop, std::string key, DeliverToActor deliver);
  void OnExchange(std::unique_ptr<http::Exchange> exchange);

  EventLoop& loop_;
  const std::string key_;
  const DeliverToActor deliver_;
  std::unique_ptr<http::Server> server_;
  ArrivalOrder order_;
  std::list<std::unique_ptr<Visit>> visits_;
};

}  // namespace terrella::edge

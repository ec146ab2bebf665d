// ActorHostSlot: the first of a node's shards as a host of Durable Objects, for those shards that
// host none: an object that their requests are the first to ask for shall live on this node.
//
// Thread: any.
#pragma once

#include <mutex>
#include <optional>

#include "terrella/v1/actors.pb.h"

namespace terrella::edge {

class ActorHostSlot {
 public:
  void Set(const v1::ActorHost& host) {
    std::lock_guard lock(mutex_);
    host_ = host;
  }
  // Nothing: it hosts none so far.
  std::optional<v1::ActorHost> Get() const {
    std::lock_guard lock(mutex_);
    return host_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<v1::ActorHost> host_;  // guarded by mutex_
};

}  // namespace terrella::edge

#include "base/status.h"
#include "edge_node/actors/actor_directory.h"

namespace terrella::edge {

void LocalActors::Join(EventLoop& loop, v1::JoinActorsRequest request,
                       Done<v1::JoinActorsResponse> done) {
  {
    std::lock_guard lock(mutex_);
    hosts_[request.host().shard()] = request.host();
  }
  loop.Post([done = std::move(done)] { done(v1::JoinActorsResponse()); });
}

void LocalActors::Locate(EventLoop& loop, v1::LocateActorRequest request,
                         Done<v1::LocateActorResponse> done) {
  absl::StatusOr<v1::LocateActorResponse> answer = Unavailable("the node is starting");
  {
    std::lock_guard lock(mutex_);
    if (hosts_.size() == expected_) {
      const size_t index = std::hash<std::string>()(request.id()) % expected_;
      v1::LocateActorResponse found;
      *found.mutable_owner() = hosts_[static_cast<uint32_t>(index)];
      found.set_epoch(1);
      answer = std::move(found);
    }
  }
  loop.Post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

}  // namespace terrella::edge

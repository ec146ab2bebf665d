// ActorDirectory: who knows which host owns each Durable Object.
//
// Thread: any. `done` runs on `loop`, once, unless the directory is destroyed first.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "terrella/v1/actors.pb.h"

namespace terrella::edge {

class ActorDirectory {
 public:
  template <class Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  virtual ~ActorDirectory() = default;
  virtual void Join(EventLoop& loop, v1::JoinActorsRequest request,
                    Done<v1::JoinActorsResponse> done) = 0;
  virtual void Locate(EventLoop& loop, v1::LocateActorRequest request,
                      Done<v1::LocateActorResponse> done) = 0;
};

// Of a node alone: its objects are spread over its own hosts by their ids.
class LocalActors final : public ActorDirectory {
 public:
  explicit LocalActors(size_t hosts) : expected_(hosts) {}

  void Join(EventLoop& loop, v1::JoinActorsRequest request,
            Done<v1::JoinActorsResponse> done) override;
  // UNAVAILABLE until all hosts have joined.
  void Locate(EventLoop& loop, v1::LocateActorRequest request,
              Done<v1::LocateActorResponse> done) override;

 private:
  const size_t expected_;
  std::mutex mutex_;                         // guards everything below
  std::map<uint32_t, v1::ActorHost> hosts_;  // by shard
};

}  // namespace terrella::edge

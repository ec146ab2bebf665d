// GrpcActors: the control plane as the directory of Durable Objects.
//
// Thread: any; Stop on the main thread, before the loops that calls answer to are gone.
#pragma once

#include <memory>
#include <string>

#include "edge_node/actors/actor_directory.h"
#include "rpc/upstream.h"

namespace terrella::edge {

class GrpcActors final : public ActorDirectory {
 public:
  explicit GrpcActors(const rpc::Upstream& control);
  ~GrpcActors() override;

  void Stop();
  // As UnaryCalls.
  void SetCutOff(bool cut_off);

  void Join(EventLoop& loop, v1::JoinActorsRequest request,
            Done<v1::JoinActorsResponse> done) override;
  void Locate(EventLoop& loop, v1::LocateActorRequest request,
              Done<v1::LocateActorResponse> done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::edge

// ActorsService: where Durable Objects live, over gRPC.
//
// Thread: gRPC's; work happens on the coordinator's loop.
#pragma once

#include <grpcpp/grpcpp.h>

#include "control_plane/actors/actor_registry.h"
#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/actors.grpc.pb.h"

namespace terrella::control {

class ActorsService final : public v1::Actors::CallbackService {
 public:
  // Both outlive it.
  ActorsService(Coordinator& coordinator, ActorRegistry& registry)
      : coordinator_(coordinator), registry_(registry) {}

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const v1::JoinActorsRequest* request,
                                 v1::JoinActorsResponse* response) override;
  grpc::ServerUnaryReactor* Locate(grpc::CallbackServerContext* context,
                                   const v1::LocateActorRequest* request,
                                   v1::LocateActorResponse* response) override;
  grpc::ServerUnaryReactor* ListActors(grpc::CallbackServerContext* context,
                                       const v1::ListActorsRequest* request,
                                       v1::ListActorsResponse* response) override;

 private:
  // Tells the registry of the classes, if deploys have come since it was told.
  absl::Status RefreshClasses();

  Coordinator& coordinator_;
  ActorRegistry& registry_;
  Revision told_ = 0;  // on the loop
};

}  // namespace terrella::control

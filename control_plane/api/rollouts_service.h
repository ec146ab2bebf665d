// RolloutsService: terrella.v1.Rollouts over gRPC.
//
// Thread: gRPC's; everything is posted to the coordinator's loop.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/rollouts.grpc.pb.h"

namespace terrella::control {

class RolloutsService final : public v1::Rollouts::CallbackService {
 public:
  explicit RolloutsService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* ChangeRollout(grpc::CallbackServerContext* context,
                                          const v1::ChangeRolloutRequest* request,
                                          v1::Rollout* response) override;
  grpc::ServerUnaryReactor* ListRollouts(grpc::CallbackServerContext* context,
                                         const v1::ListRolloutsRequest* request,
                                         v1::ListRolloutsResponse* response) override;
  grpc::ServerWriteReactor<v1::RolloutProgress>* WatchRollout(
      grpc::CallbackServerContext* context, const v1::WatchRolloutRequest* request) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace terrella::control

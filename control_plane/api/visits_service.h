// VisitsService: visits to cities of the world, to people.
//
// Thread: gRPC's; nodes are looked up on the coordinator's loop, the visit runs on the visitor's.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "control_plane/visits/visitor.h"
#include "terrella/v1/visits.grpc.pb.h"

namespace terrella::control {

class VisitsService final : public v1::Visits::CallbackService {
 public:
  // `visitor` may be null: there is no ingress to go through. It outlives the service's calls.
  VisitsService(Coordinator& coordinator, Visitor* visitor)
      : coordinator_(coordinator), visitor_(visitor) {}

  grpc::ServerUnaryReactor* Visit(grpc::CallbackServerContext* context,
                                  const v1::VisitRequest* request,
                                  v1::VisitResponse* response) override;

 private:
  Coordinator& coordinator_;
  Visitor* const visitor_;
};

}  // namespace terrella::control

// CachesService: purges, to people.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/caches.grpc.pb.h"

namespace terrella::control {

class CachesService final : public v1::Caches::CallbackService {
 public:
  explicit CachesService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* Purge(grpc::CallbackServerContext* context,
                                  const v1::PurgeRequest* request,
                                  v1::PurgeResponse* response) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace terrella::control

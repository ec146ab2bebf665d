// AdminService and TopologyService: the state of the network, to people and to those who steer
// clients.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include <memory>

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/admin.grpc.pb.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::control {

class AdminService final : public v1::Admin::CallbackService {
 public:
  explicit AdminService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* DrainNode(grpc::CallbackServerContext* context,
                                      const v1::DrainNodeRequest* request,
                                      v1::DrainNodeResponse* response) override;
  grpc::ServerUnaryReactor* CordonNode(grpc::CallbackServerContext* context,
                                       const v1::CordonNodeRequest* request,
                                       v1::CordonNodeResponse* response) override;
  grpc::ServerUnaryReactor* EvictNode(grpc::CallbackServerContext* context,
                                      const v1::EvictNodeRequest* request,
                                      v1::EvictNodeResponse* response) override;

 private:
  template <class Response, class Change>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Response* response,
                                   Change change);

  Coordinator& coordinator_;
};

class TopologyService final : public v1::Topology::CallbackService {
 public:
  explicit TopologyService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerWriteReactor<v1::View>* WatchView(grpc::CallbackServerContext* context,
                                                const v1::WatchViewRequest* request) override;

 private:
  // The view without the zone's records and policies.
  std::shared_ptr<const v1::View> WithoutZone(const std::shared_ptr<const v1::View>& view);

  Coordinator& coordinator_;
  // On the loop: one view and what is left of it, for all who see no more.
  std::shared_ptr<const v1::View> whole_, bare_;
};

}  // namespace terrella::control

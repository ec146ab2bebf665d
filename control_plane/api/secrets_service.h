// SecretsService: secrets, from people. Values come in and never go out.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/secrets.grpc.pb.h"

namespace terrella::control {

class SecretsService final : public v1::Secrets::CallbackService {
 public:
  explicit SecretsService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* Put(grpc::CallbackServerContext* context,
                                const v1::PutSecretsRequest* request,
                                v1::DeployResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::DeleteSecretsRequest* request,
                                   v1::DeployResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListSecretsRequest* request,
                                 v1::ListSecretsResponse* response) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace terrella::control

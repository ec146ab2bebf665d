// DeploymentsService: terrella.v1.Deployments over gRPC.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include <atomic>

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/deployments.grpc.pb.h"

namespace terrella::control {

class DeploymentsService final : public v1::Deployments::CallbackService {
 public:
  explicit DeploymentsService(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::ServerUnaryReactor* FindMissingBlobs(grpc::CallbackServerContext* context,
                                             const v1::FindMissingBlobsRequest* request,
                                             v1::FindMissingBlobsResponse* response) override;
  grpc::ServerReadReactor<v1::UploadBlobsRequest>* UploadBlobs(
      grpc::CallbackServerContext* context, v1::UploadBlobsResponse* response) override;
  grpc::ServerReadReactor<v1::UploadRequest>* UploadVersion(grpc::CallbackServerContext* context,
                                                            v1::UploadResponse* response) override;
  grpc::ServerUnaryReactor* Deploy(grpc::CallbackServerContext* context,
                                   const v1::DeployRequest* request,
                                   v1::DeployResponse* response) override;
  grpc::ServerWriteReactor<v1::Convergence>* WatchConvergence(
      grpc::CallbackServerContext* context, const v1::WatchConvergenceRequest* request) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const v1::RollbackRequest* request,
                                     v1::DeployResponse* response) override;
  grpc::ServerUnaryReactor* ListVersions(grpc::CallbackServerContext* context,
                                         const v1::ListVersionsRequest* request,
                                         v1::ListVersionsResponse* response) override;
  grpc::ServerUnaryReactor* ListDeployments(grpc::CallbackServerContext* context,
                                            const v1::ListDeploymentsRequest* request,
                                            v1::ListDeploymentsResponse* response) override;
  grpc::ServerUnaryReactor* ListScripts(grpc::CallbackServerContext* context,
                                        const v1::ListScriptsRequest* request,
                                        v1::ListScriptsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteScript(grpc::CallbackServerContext* context,
                                         const v1::DeleteScriptRequest* request,
                                         v1::DeployResponse* response) override;

 private:
  Coordinator& coordinator_;
  std::atomic<int> uploads_ = 0;  // running
};

}  // namespace terrella::control

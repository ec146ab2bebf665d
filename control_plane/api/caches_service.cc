#include "control_plane/api/caches_service.h"

#include "control_plane/api/grpc_status.h"

namespace terrella::control {

grpc::ServerUnaryReactor* CachesService::Purge(grpc::CallbackServerContext* context,
                                               const v1::PurgeRequest* request,
                                               v1::PurgeResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    absl::StatusOr<v1::PurgeResponse> result = coordinator_.purger().Purge(*request);
    if (result.ok()) *response = *std::move(result);
    reactor->Finish(ToGrpc(result.status()));
  });
  return reactor;
}

}  // namespace terrella::control

#include "control_plane/api/secrets_service.h"

#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

// Answers with what `call` of the keeper gives, on the loop.
template <class Request, class Response>
grpc::ServerUnaryReactor* OnLoop(Coordinator& coordinator, grpc::CallbackServerContext* context,
                                 const Request* request, Response* response,
                                 absl::StatusOr<Response> (SecretKeeper::*call)(const Request&)) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator.Post([&coordinator, reactor, request, response, call] {
    absl::StatusOr<Response> result = (coordinator.secrets().*call)(*request);
    if (result.ok()) *response = *std::move(result);
    reactor->Finish(ToGrpc(result.status()));
  });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* SecretsService::Put(grpc::CallbackServerContext* context,
                                              const v1::PutSecretsRequest* request,
                                              v1::DeployResponse* response) {
  return OnLoop(coordinator_, context, request, response, &SecretKeeper::Put);
}

grpc::ServerUnaryReactor* SecretsService::Delete(grpc::CallbackServerContext* context,
                                                 const v1::DeleteSecretsRequest* request,
                                                 v1::DeployResponse* response) {
  return OnLoop(coordinator_, context, request, response, &SecretKeeper::Delete);
}

grpc::ServerUnaryReactor* SecretsService::List(grpc::CallbackServerContext* context,
                                               const v1::ListSecretsRequest* request,
                                               v1::ListSecretsResponse* response) {
  return OnLoop(coordinator_, context, request, response, &SecretKeeper::List);
}

}  // namespace terrella::control

#include "control_plane/api/identities_service.h"

#include <utility>

#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

absl::Status NobodyJoins() {
  return FailedPrecondition("this control plane gives no certificates");
}

}  // namespace

template <class Request, class Response>
grpc::ServerUnaryReactor* IdentitiesService::Answer(
    grpc::CallbackServerContext* context, const Request* request, Response* response,
    absl::StatusOr<Response> (Registrar::*call)(const Request&)) {
  absl::StatusOr<Response> result = NobodyJoins();
  if (registrar_ != nullptr) result = (registrar_->*call)(*request);
  if (result.ok()) *response = *std::move(result);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(result.status()));
  return reactor;
}

grpc::ServerUnaryReactor* IdentitiesService::Join(grpc::CallbackServerContext* context,
                                                  const v1::JoinRequest* request,
                                                  v1::IssuedCertificate* response) {
  absl::StatusOr<v1::IssuedCertificate> result = NobodyJoins();
  if (registrar_ != nullptr) result = registrar_->Join(*request);
  // Anybody may try: what is refused is one of the refusals, of which the audit log takes so many a
  // second.
  const std::shared_ptr<Call> call = CallScope::Current();
  if (absl::IsPermissionDenied(result.status()) && call != nullptr) call->Refuse(result.status());
  if (result.ok()) *response = *std::move(result);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(result.status()));
  return reactor;
}

grpc::ServerUnaryReactor* IdentitiesService::Renew(grpc::CallbackServerContext* context,
                                                   const v1::RenewRequest* request,
                                                   v1::IssuedCertificate* response) {
  return Answer(context, request, response, &Registrar::Renew);
}

grpc::ServerUnaryReactor* IdentitiesService::CreateJoinToken(
    grpc::CallbackServerContext* context, const v1::CreateJoinTokenRequest* request,
    v1::CreateJoinTokenResponse* response) {
  return Answer(context, request, response, &Registrar::CreateJoinToken);
}

grpc::ServerUnaryReactor* IdentitiesService::RevokeNode(grpc::CallbackServerContext* context,
                                                        const v1::RevokeNodeRequest* request,
                                                        v1::RevokeNodeResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // On the loop, so that whether the node was connected is seen before its stream is ended there.
  coordinator_.Post([this, reactor, request, response] {
    response->set_was_connected(coordinator_.fleet().AckedBy(request->node()).has_value());
    reactor->Finish(ToGrpc(registrar_ == nullptr ? NobodyJoins() : registrar_->Revoke(*request)));
  });
  return reactor;
}

}  // namespace terrella::control

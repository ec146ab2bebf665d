// IdentitiesService: certificates and revocations, from nodes and from operators.
//
// Thread: gRPC's; a revocation waits for the coordinator's loop.
#pragma once

#include "control_plane/identity/registrar.h"
#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/identities.grpc.pb.h"

namespace terrella::control {

class IdentitiesService final : public v1::Identities::CallbackService {
 public:
  // `registrar` may be null: every call is FailedPrecondition.
  IdentitiesService(Coordinator& coordinator, Registrar* registrar)
      : coordinator_(coordinator), registrar_(registrar) {}

  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const v1::JoinRequest* request,
                                 v1::IssuedCertificate* response) override;
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const v1::RenewRequest* request,
                                  v1::IssuedCertificate* response) override;
  grpc::ServerUnaryReactor* CreateJoinToken(grpc::CallbackServerContext* context,
                                            const v1::CreateJoinTokenRequest* request,
                                            v1::CreateJoinTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeNode(grpc::CallbackServerContext* context,
                                       const v1::RevokeNodeRequest* request,
                                       v1::RevokeNodeResponse* response) override;

 private:
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const Request* request,
                                   Response* response,
                                   absl::StatusOr<Response> (Registrar::*call)(const Request&));

  Coordinator& coordinator_;
  Registrar* const registrar_;
};

}  // namespace terrella::control

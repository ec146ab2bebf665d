#include "control_plane/api/access_services.h"

#include <utility>

#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {
namespace {

template <class Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Response* response,
                                 absl::StatusOr<Response> result) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (result.ok()) *response = *std::move(result);
  reactor->Finish(ToGrpc(result.status()));
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* TokensService::CreateToken(grpc::CallbackServerContext* context,
                                                     const v1::CreateTokenRequest* request,
                                                     v1::CreateTokenResponse* response) {
  const std::string author = CallerText(CallScope::Current()->caller());
  return Answer(context, response, tokens_.Create(*request, author));
}

grpc::ServerUnaryReactor* TokensService::ListTokens(grpc::CallbackServerContext* context,
                                                    const v1::ListTokensRequest*,
                                                    v1::ListTokensResponse* response) {
  return Answer<v1::ListTokensResponse>(context, response, tokens_.List());
}

grpc::ServerUnaryReactor* TokensService::RevokeToken(grpc::CallbackServerContext* context,
                                                     const v1::RevokeTokenRequest* request,
                                                     v1::Token* response) {
  return Answer(context, response, tokens_.Revoke(request->name()));
}

grpc::ServerUnaryReactor* AuditService::ListAudit(grpc::CallbackServerContext* context,
                                                  const v1::ListAuditRequest* request,
                                                  v1::ListAuditResponse* response) {
  settle_();
  return Answer(context, response, log_.List(*request));
}

grpc::ServerUnaryReactor* AuditService::VerifyAudit(grpc::CallbackServerContext* context,
                                                    const v1::VerifyAuditRequest*,
                                                    v1::VerifyAuditResponse* response) {
  settle_();
  return Answer(context, response, log_.Verify());
}

}  // namespace terrella::control

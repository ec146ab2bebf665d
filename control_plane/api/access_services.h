// TokensService and AuditService: who may do what, and who did it.
//
// Thread: gRPC's; book and log take calls from any thread and answer after the store has.
#pragma once

#include <functional>
#include <utility>

#include "control_plane/access/access_control.h"
#include "terrella/v1/access.grpc.pb.h"

namespace terrella::control {

class TokensService final : public v1::Tokens::CallbackService {
 public:
  explicit TokensService(TokenBook& tokens) : tokens_(tokens) {}

  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override;
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context,
                                       const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* context,
                                        const v1::RevokeTokenRequest* request,
                                        v1::Token* response) override;

 private:
  TokenBook& tokens_;
};

class AuditService final : public v1::Audit::CallbackService {
 public:
  // `settle` returns when rows that are on their way have been written.
  AuditService(AuditLog& log, std::function<void()> settle)
      : log_(log), settle_(std::move(settle)) {}

  grpc::ServerUnaryReactor* ListAudit(grpc::CallbackServerContext* context,
                                      const v1::ListAuditRequest* request,
                                      v1::ListAuditResponse* response) override;
  grpc::ServerUnaryReactor* VerifyAudit(grpc::CallbackServerContext* context,
                                        const v1::VerifyAuditRequest* request,
                                        v1::VerifyAuditResponse* response) override;

 private:
  AuditLog& log_;
  const std::function<void()> settle_;
};

}  // namespace terrella::control

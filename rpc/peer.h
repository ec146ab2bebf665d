// PeerOf: who is at the other end of a call, as the certificate of its connection says.
//
// Thread: any; pure.
#pragma once

#include <grpcpp/security/auth_context.h>

#include "absl/status/statusor.h"
#include "rpc/identity.h"

namespace terrella::rpc {

// NotFound when the connection has no certificate (plain text included), InvalidArgument when it is
// one that names no part of a cluster, or several.
absl::StatusOr<Identity> PeerOf(const grpc::AuthContext& context);

// The certificate, PEM; "" when there is none.
std::string CertificateOf(const grpc::AuthContext& context);

}  // namespace terrella::rpc

#include "rpc/peer.h"

#include <grpc/grpc_security_constants.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace terrella::rpc {

absl::StatusOr<Identity> PeerOf(const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> uris =
      context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  if (uris.empty() && context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME).empty()) {
    return NotFound("no certificate");
  }
  if (uris.size() != 1) {
    return InvalidArgument("a certificate names one part of a cluster by a URI, this one has {}",
                           uris.size());
  }
  return ParseIdentity({uris.front().data(), uris.front().size()});
}

std::string CertificateOf(const grpc::AuthContext& context) {
  const auto values = context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return values.empty() ? std::string() : std::string(values.front().data(), values.front().size());
}

}  // namespace terrella::rpc

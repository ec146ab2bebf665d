// Credentials of mutual TLS for gRPC, out of files that may be replaced while they are in use.
//
// Thread: any. Each has a thread of its own that looks at the files now and then; what is
// there then counts for connections made from then on.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rpc/identity.h"
#include "rpc/tls_files.h"

namespace terrella::rpc {

// Believes servers that name themselves `service` under the authority of the files.
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files,
                                                            std::string_view service);

// Believes no authority but one whose key has that hash (http/tls/cluster_authority.h), and shows
// no certificate: for who has none yet. `check` gets the server's chain, PEM, and says whether it
// will do.
using ChainCheck = absl::Status (*)(std::string_view chain_pem, std::string_view pin);
std::shared_ptr<grpc::ChannelCredentials> PinnedCredentials(std::string pin, ChainCheck check,
                                                            std::string_view service);

enum class ClientCertificates : uint8_t {
  kRequired,  // the handshake fails without
  kOptional,  // checked when there is one; who calls then decides (a gate)
};
std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsFiles& files,
                                                           ClientCertificates clients);

}  // namespace terrella::rpc

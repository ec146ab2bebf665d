// Upstream: a gRPC server of the cluster as its clients dial it, by mutual TLS or in plain text.
//
// The server must show a certificate of the cluster's authority that names the service expected;
// where it is reached, by address, name or through a tunnel, does not matter. The files are looked
// at again now and then, and what they hold then is shown to servers from the next connection
// on: connections that stand are not disturbed by a rotation.
//
// Thread: any. The credentials own a thread that sleeps; they are shared by all channels of a
// process.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rpc/tls_files.h"

namespace grpc {
class Channel;
class ChannelArguments;
class ChannelCredentials;
}  // namespace grpc

namespace terrella::rpc {

struct Upstream {
  std::string target;                                     // "10.0.0.1:7070", "control.example:7070"
  std::shared_ptr<grpc::ChannelCredentials> credentials;  // null: plain text
};

// "HOST:PORT", or several with a literal address each, separated by commas.
absl::Status CheckTarget(std::string_view target);

// `files` empty: plain text. `service` is who must answer: kControlPlane. Errors and
// `flag` as TlsFiles::Check.
absl::StatusOr<Upstream> MakeUpstream(std::string target, const TlsFiles& files,
                                      std::string_view service,
                                      std::string_view flag = "the certificate");

std::shared_ptr<grpc::Channel> Dial(const Upstream& upstream,
                                    const grpc::ChannelArguments& arguments);

}  // namespace terrella::rpc

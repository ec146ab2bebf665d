#include "edge_node/control/join.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <thread>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "edge_node/control/control_channel.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "rpc/credentials.h"
#include "rpc/join_token.h"
#include "rpc/upstream.h"
#include "terrella/v1/identities.grpc.pb.h"

namespace terrella::edge {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr int kMessageBytesMax = 1 << 20;
constexpr auto kCallDeadline = std::chrono::seconds(10);
constexpr unsigned kLookEveryS = 2;  // at a file that is renewed while the node runs
constexpr size_t kDigestBytesMax = 256;
constexpr Duration kAgainAfter = std::chrono::milliseconds(500);

std::filesystem::path KeyFileIn(const std::filesystem::path& state_dir) {
  return state_dir / "identity" / "joining-key.pem";
}

// SHA-256 of the token that the certificate was traded for, so that a token that is left on the
// command line is not used twice, and a new one is.
std::filesystem::path TokenFileIn(const std::filesystem::path& state_dir) {
  return state_dir / "identity" / "joined-by";
}

std::string DigestOf(const std::string& token) {
  return ToHex(Sha256(token)) + "\n";
}

absl::Status CheckChain(std::string_view chain_pem, std::string_view pin) {
  return http::CheckPinnedChain(chain_pem, pin, SystemClock().WallNow());
}

absl::StatusOr<Membership> ReadMembership(const JoinOptions& options, WallTime now) {
  const std::filesystem::path file = IdentityFileIn(options.state_dir);
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, kPemBytesMax));
  ASSIGN_OR_RETURN(const http::CertificateFacts facts, http::DescribeCertificate(pem));
  if (facts.uris.size() != 1) return FailedPrecondition("{} names no node", file.string());
  Membership membership{.identity = {}, .files = rpc::TlsFiles::Of(file, {}, {})};
  membership.files.look_every_s = kLookEveryS;
  ASSIGN_OR_RETURN(membership.identity, rpc::ParseIdentity(facts.uris.front()));
  if (!membership.identity.is_node() || membership.identity.name != options.node) {
    return FailedPrecondition("the certificate in {} is that of {}, and this is node {}",
                              file.string(), rpc::Describe(membership.identity), options.node);
  }
  if (now > facts.not_after || !http::KeyFits(pem, pem)) {
    return FailedPrecondition(
        "the certificate in {} is over: the node was away for too long. A token of 'terrella nodes "
        "join-token --node {}' lets it in again",
        file.string(), options.node);
  }
  return membership;
}

// Kept until it has been traded, so that a retry after a crash is the same node's.
absl::StatusOr<std::string> KeyToJoinWith(const JoinOptions& options) {
  const std::filesystem::path file = KeyFileIn(options.state_dir);
  if (auto have = ReadFile(file, kPemBytesMax); have.ok() && http::MakeSigningRequest(*have).ok()) {
    return have;
  }
  ASSIGN_OR_RETURN(std::string key, http::MakeKey());
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  chmod(file.parent_path().c_str(), 0700);
  RETURN_IF_ERROR(WriteFileAtomic(file, key, /*private_to_user=*/true));
  return key;
}

absl::StatusOr<v1::IssuedCertificate> Trade(const JoinOptions& options, const Clock& clock,
                                            const rpc::JoinToken& token,
                                            const v1::JoinRequest& request) {
  const rpc::Upstream control{
      options.control, rpc::PinnedCredentials(token.authority_key, CheckChain, rpc::kControlPlane)};
  const auto stub =
      v1::Identities::NewStub(rpc::Dial(control, ControlChannelArguments(kMessageBytesMax)));
  const MonotonicTime until = clock.Now() + options.patience;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    v1::IssuedCertificate issued;
    const grpc::Status status = stub->Join(&context, request, &issued);
    if (status.ok()) return issued;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                          ToAbsl(status.error_message()));
    }
    // gRPC's words for a server that the pin does not fit; waiting would not help.
    const bool stranger = status.error_message().find("verification check") != std::string::npos;
    if (stranger || clock.Now() >= until) {
      return Unavailable(
          "the control plane at {} cannot be reached, or is not the one the token was made by: {}",
          options.control, status.error_message());
    }
    std::this_thread::sleep_for(kAgainAfter);
  }
}

}  // namespace

std::filesystem::path IdentityFileIn(const std::filesystem::path& state_dir) {
  return state_dir / "identity" / "identity.pem";
}

absl::StatusOr<Membership> Join(const JoinOptions& options, const Clock& clock) {
  absl::StatusOr<Membership> have = ReadMembership(options, clock.WallNow());
  const auto joined_by = ReadFile(TokenFileIn(options.state_dir), kDigestBytesMax);
  const bool fresh_token =
      !options.token.empty() && (!joined_by.ok() || *joined_by != DigestOf(options.token));
  if (options.token.empty() || (have.ok() && !fresh_token)) return have;
  ASSIGN_OR_RETURN(const rpc::JoinToken token, rpc::JoinToken::Parse(options.token));
  ASSIGN_OR_RETURN(const std::string key, KeyToJoinWith(options));
  v1::JoinRequest request;
  request.set_token(ToHex(token.secret));
  request.set_node(options.node);
  ASSIGN_OR_RETURN(*request.mutable_signing_request(), http::MakeSigningRequest(key));
  LogInfo("joining by {} as node {}", options.control, options.node);
  ASSIGN_OR_RETURN(const v1::IssuedCertificate issued, Trade(options, clock, token, request));
  if (!http::KeyFits(key, issued.certificates())) {
    return DataLoss("the certificate given is for another key");
  }
  RETURN_IF_ERROR(WriteFileAtomic(IdentityFileIn(options.state_dir), issued.certificates() + key,
                                  /*private_to_user=*/true));
  RETURN_IF_ERROR(WriteFileAtomic(TokenFileIn(options.state_dir), DigestOf(options.token)));
  std::error_code error;
  std::filesystem::remove(KeyFileIn(options.state_dir), error);
  LogInfo("joined cluster {} as node {}", issued.cluster(), issued.node());
  return ReadMembership(options, clock.WallNow());
}

}  // namespace terrella::edge

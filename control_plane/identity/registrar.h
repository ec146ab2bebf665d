// Registrar: gives nodes the certificates they prove themselves with, signed by the cluster's
// authority: to who brings a join token, and to who has a certificate that is about to be over.
//
// A token is good for one key: used once, it answers a retry with the same key (the answer may have
// been lost) and nothing else. One that names no node is for new nodes; to be a node that is known
// already, or was revoked, takes a token that names it. The store has the SHA-256 of tokens'
// secrets alone.
//
// Thread: any.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/identity/revocations.h"
#include "control_plane/store/state_store.h"
#include "rpc/authority_folder.h"
#include "terrella/v1/identities.pb.h"

namespace terrella::control {

struct RegistrarOptions {
  std::string cluster;
  // None: no certificate is given, the calls that ask for one are FailedPrecondition.
  std::optional<rpc::AuthorityFolder> authority;
  bool mutual_tls = true;  // or else there is nothing to revoke
  Duration node_lifetime = std::chrono::hours(24);
};

class Registrar {
 public:
  // All outlive it.
  Registrar(const Clock& clock, StateStore& store, Revocations& revocations,
            RegistrarOptions options);

  // As the RPCs of the same names.
  absl::StatusOr<v1::CreateJoinTokenResponse> CreateJoinToken(
      const v1::CreateJoinTokenRequest& request);
  absl::StatusOr<v1::IssuedCertificate> Join(const v1::JoinRequest& request);
  absl::StatusOr<v1::IssuedCertificate> Renew(const v1::RenewRequest& request);
  absl::Status Revoke(const v1::RevokeNodeRequest& request);

 private:
  struct Entry;
  absl::StatusOr<Entry> FindToken(const std::string& secret_hex) const;
  absl::Status MayBecome(const std::string& node, const v1::JoinTokenRow& token) const;
  absl::StatusOr<v1::IssuedCertificate> JoinOnce(const v1::JoinRequest& request);
  absl::StatusOr<v1::IssuedCertificate> Sign(const std::string& node,
                                             const std::string& signing_request) const;
  absl::Status ForgetOldTokens();
  int64_t NowMs() const;

  const Clock& clock_;
  StateStore& store_;
  Revocations& revocations_;
  const RegistrarOptions options_;
};

}  // namespace terrella::control

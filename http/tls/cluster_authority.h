// ClusterAuthority: the certificates by which the parts of a cluster know each other.
//
// A certificate names who holds it by one URI (a subjectAltName, RFC 5280 section 4.2.1.6); what
// the URIs mean is rpc/identity.h. The authority is a cluster's own: whoever it vouches for belongs
// to the cluster, and no browser ever trusts it, so that it needs no leash of names. Holders make
// their own key where they can and send a signing request (PKCS #10), of which nothing but the key
// and the proof of having it is taken: the signer says who they are. Keys are ECDSA P-256.
//
// Thread: any; pure functions, save for randomness and the clock given.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "http/tls/context.h"

namespace terrella::http {

// Valid for ten years.
absl::StatusOr<TlsIdentity> MakeClusterAuthority(std::string_view cluster, WallTime now);

// A private key, PEM (PKCS #8).
absl::StatusOr<std::string> MakeKey();
// A signing request for that key, PEM.
absl::StatusOr<std::string> MakeSigningRequest(std::string_view key_pem);

struct LeafTerms {
  std::string uri;  // whom it names
  Duration lifetime = std::chrono::hours(24);
  bool serves = false;  // it also is for servers
};
// The chain, leaf first and the authority last, PEM. InvalidArgument when `request_pem` is no
// request, its key is not P-256, or it was not signed with that key.
absl::StatusOr<std::string> SignRequest(const TlsIdentity& authority, std::string_view request_pem,
                                        const LeafTerms& terms, WallTime now);
// SHA-256 of the key (its SubjectPublicKeyInfo) that a request is for, 32 raw bytes.
absl::StatusOr<std::string> RequestKeyHash(std::string_view request_pem);
// The same as SignRequest with a key made here.
absl::StatusOr<TlsIdentity> IssueLeaf(const TlsIdentity& authority, const LeafTerms& terms,
                                      WallTime now);

// SHA-256 of an authority's public key (its SubjectPublicKeyInfo, as RFC 7469 section 2.4 pins
// keys), 32 raw bytes.
absl::StatusOr<std::string> KeyHash(std::string_view certificate_pem);
// Whether the last certificate of a chain is the authority whose key has `key_hash`, and the first
// is a server's that it signed and is valid now. PermissionDenied says what is wrong.
absl::Status CheckPinnedChain(std::string_view chain_pem, std::string_view key_hash, WallTime now);
// The last certificate of a chain, PEM.
absl::StatusOr<std::string> AuthorityOf(std::string_view chain_pem);
// Whether the key is that of the (first) certificate.
bool KeyFits(std::string_view key_pem, std::string_view certificate_pem);

}  // namespace terrella::http

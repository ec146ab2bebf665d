// Authority: a certificate authority for the development of one person on one machine, and the
// certificates it issues.
//
// Whoever trusts it trusts whoever can read its key, so it is held on a short lead: a critical name
// constraint (RFC 5280 section 4.2.1.10) lets it vouch only for names that no public server can
// have and for loopback addresses. Keys are ECDSA P-256.
//
// Thread: any; pure functions, save for randomness and the clock given.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "http/tls/context.h"

namespace terrella::http {

// The last labels of the names it may vouch for (RFC 6761 and, for `internal`, ICANN's
// reservation).
std::span<const std::string_view> AuthorityDomains();
// Whether it may vouch for a name: "edge.test", "*.edge.test".
bool MayVouchFor(std::string_view name);

// Valid for ten years from a day before `now`.
absl::StatusOr<TlsIdentity> MakeAuthority(std::string_view common_name, WallTime now);

struct CertificateRequest {
  std::vector<std::string> names;  // the first is its common name; "*.edge.test" for one label
  std::vector<IpAddress> addresses;
};
// Valid for 397 days, the longest that browsers take. InvalidArgument for a name or an address that
// the authority may not vouch for.
absl::StatusOr<TlsIdentity> IssueCertificate(const TlsIdentity& authority,
                                             const CertificateRequest& request, WallTime now);

struct CertificateFacts {
  std::string subject;             // common name
  std::vector<std::string> names;  // DNS names and addresses it is for, in its order
  std::vector<std::string> uris;   // that it is for
  std::string serial;              // hexadecimal, upper case
  WallTime not_before{}, not_after{};
  std::string sha256;  // fingerprint, "AB:CD:..."
};
absl::StatusOr<CertificateFacts> DescribeCertificate(std::string_view pem);
// Whether `pem` was signed by `authority` and its key.
bool IssuedBy(std::string_view pem, const TlsIdentity& authority);

}  // namespace terrella::http

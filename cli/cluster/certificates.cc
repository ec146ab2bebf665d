#include "cli/cluster/certificates.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/status.h"
#include "base/tcp.h"
#include "http/tls/authority.h"

namespace terrella::cli {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr Duration kRenewBefore = std::chrono::hours(24 * 30);

absl::StatusOr<http::TlsIdentity> Load(const std::filesystem::path& certificate,
                                       const std::filesystem::path& key) {
  http::TlsIdentity identity;
  ASSIGN_OR_RETURN(identity.certificates_pem, ReadFile(certificate, kPemBytesMax));
  ASSIGN_OR_RETURN(identity.key_pem, ReadFile(key, kPemBytesMax));
  return identity;
}

absl::Status Save(const http::TlsIdentity& identity, const std::filesystem::path& certificate,
                  const std::filesystem::path& key) {
  RETURN_IF_ERROR(WriteFileAtomic(key, identity.key_pem, /*private_to_user=*/true));
  return WriteFileAtomic(certificate, identity.certificates_pem);
}

std::string NameOfUser() {
  char host[256] = "this machine";
  gethostname(host, sizeof host - 1);
  return fmt::format("terrella development CA ({})", host);
}

http::CertificateRequest RequestOf(const ClusterRecord& record) {
  http::CertificateRequest request;
  request.names = {record.zone, "*." + record.zone, "localhost"};
  request.addresses = {IpAddress::V4(0x7f000001)};
  for (const Part& part : record.parts) {
    if (part.kind != PartKind::kNode && part.kind != PartKind::kIngress) continue;
    const auto address = SocketAddress::Parse(part.address);
    if (address.ok() && std::find(request.addresses.begin(), request.addresses.end(),
                                  address->ip) == request.addresses.end()) {
      request.addresses.push_back(address->ip);
    }
  }
  return request;
}

bool Fits(const http::TlsIdentity& have, const http::TlsIdentity& authority,
          const http::CertificateRequest& request, WallTime now) {
  const auto facts = http::DescribeCertificate(have.certificates_pem);
  if (!facts.ok() || facts->not_after - now < kRenewBefore) return false;
  std::vector<std::string> wanted = request.names;
  for (const IpAddress& address : request.addresses) wanted.push_back(address.ToString());
  return facts->names == wanted && http::IssuedBy(have.certificates_pem, authority);
}

}  // namespace

absl::StatusOr<http::TlsIdentity> LoadOrMakeAuthority(const ClusterPaths& paths, WallTime now) {
  auto have = Load(paths.authority(), paths.authority_key());
  if (have.ok() || !absl::IsNotFound(have.status())) return have;
  ASSIGN_OR_RETURN(http::TlsIdentity made, http::MakeAuthority(NameOfUser(), now));
  std::error_code error;
  std::filesystem::create_directories(paths.authority().parent_path(), error);
  chmod(paths.authority().parent_path().c_str(), 0700);
  RETURN_IF_ERROR(Save(made, paths.authority(), paths.authority_key()));
  return made;
}

absl::Status EnsureCertificate(const ClusterPaths& paths, const ClusterRecord& record,
                               WallTime now) {
  ASSIGN_OR_RETURN(const http::TlsIdentity authority, LoadOrMakeAuthority(paths, now));
  const http::CertificateRequest request = RequestOf(record);
  const auto have = Load(paths.certificate(), paths.certificate_key());
  if (have.ok() && Fits(*have, authority, request, now)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const http::TlsIdentity issued, IssueCertificate(authority, request, now));
  return Save(issued, paths.certificate(), paths.certificate_key());
}

}  // namespace terrella::cli

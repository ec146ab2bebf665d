#include "rpc/authority_folder.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/status.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"

namespace terrella::rpc {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;

bool Serves(const Identity& identity) {
  return identity.kind == IdentityKind::kService;
}

// What is in the file was written whole, by this program: that the key fits and who signed it are
// seen by what stands beside them. A network has hundreds of them, and each start looks at all.
bool StillGood(const std::string& pem, const AuthorityFolder::Holding& holding,
               const http::TlsIdentity& authority, WallTime now) {
  if (pem.find(authority.certificates_pem) == std::string::npos) return false;
  const auto facts = http::DescribeCertificate(pem);
  return facts.ok() && facts->uris == std::vector<std::string>{ToUri(holding.identity)} &&
         facts->not_before <= now && facts->not_after - now > holding.lifetime / 3;
}

}  // namespace

absl::StatusOr<AuthorityFolder> AuthorityFolder::Open(const std::filesystem::path& folder) {
  http::TlsIdentity authority;
  ASSIGN_OR_RETURN(authority.certificates_pem, ReadFile(CertificateIn(folder), kPemBytesMax));
  ASSIGN_OR_RETURN(authority.key_pem, ReadFile(KeyIn(folder), kPemBytesMax));
  if (!http::KeyFits(authority.key_pem, authority.certificates_pem)) {
    return FailedPrecondition("{} is not the key of {}", KeyIn(folder).string(),
                              CertificateIn(folder).string());
  }
  return AuthorityFolder(folder, std::move(authority));
}

absl::StatusOr<AuthorityFolder> AuthorityFolder::OpenOrMake(const std::filesystem::path& folder,
                                                            std::string_view cluster,
                                                            WallTime now) {
  absl::StatusOr<AuthorityFolder> have = Open(folder);
  if (have.ok() || !absl::IsNotFound(have.status())) return have;
  ASSIGN_OR_RETURN(http::TlsIdentity made, http::MakeClusterAuthority(cluster, now));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  chmod(folder.c_str(), 0700);
  // The key first: a certificate without one would be taken for a whole authority by its readers.
  RETURN_IF_ERROR(WriteFileAtomic(KeyIn(folder), made.key_pem, /*private_to_user=*/true));
  RETURN_IF_ERROR(WriteFileAtomic(CertificateIn(folder), made.certificates_pem));
  return AuthorityFolder(folder, std::move(made));
}

absl::StatusOr<bool> AuthorityFolder::Ensure(const Holding& holding, WallTime now) const {
  const auto have = ReadFile(holding.file, kPemBytesMax);
  if (have.ok() && StillGood(*have, holding, authority_, now)) return false;
  ASSIGN_OR_RETURN(const http::TlsIdentity issued,
                   http::IssueLeaf(authority_,
                                   {.uri = ToUri(holding.identity),
                                    .lifetime = holding.lifetime,
                                    .serves = Serves(holding.identity)},
                                   now));
  RETURN_IF_ERROR(WriteFileAtomic(holding.file, issued.certificates_pem + issued.key_pem,
                                  /*private_to_user=*/true));
  return true;
}

}  // namespace terrella::rpc

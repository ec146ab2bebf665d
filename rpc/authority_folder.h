// AuthorityFolder: a cluster's certificate authority as it is kept on disk: ca.pem, for everybody,
// and ca-key.pem, for its owner's eyes only (0600).
//
// What it issues by itself goes into one file a holder: the certificate, the authority's, the key.
// So a rotation is one rename, and one path is all a holder is told.
//
// Thread: any; two processes that make the same folder at once are not provided for.
#pragma once

#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "http/tls/context.h"
#include "rpc/identity.h"

namespace terrella::rpc {

class AuthorityFolder {
 public:
  static std::filesystem::path CertificateIn(const std::filesystem::path& folder) {
    return folder / "ca.pem";
  }
  static std::filesystem::path KeyIn(const std::filesystem::path& folder) {
    return folder / "ca-key.pem";
  }

  // NotFound when there is none; FailedPrecondition when the two files do not fit together.
  static absl::StatusOr<AuthorityFolder> Open(const std::filesystem::path& folder);
  static absl::StatusOr<AuthorityFolder> OpenOrMake(const std::filesystem::path& folder,
                                                    std::string_view cluster, WallTime now);

  const http::TlsIdentity& authority() const { return authority_; }
  std::filesystem::path certificate() const { return CertificateIn(folder_); }

  struct Holding {
    Identity identity;
    std::filesystem::path file;
    Duration lifetime = std::chrono::hours(24);
  };
  // Sees to it that the file holds a certificate of that identity and its key, and that the
  // certificate has at least a third of its life before it. True when it was issued anew.
  absl::StatusOr<bool> Ensure(const Holding& holding, WallTime now) const;

 private:
  AuthorityFolder(std::filesystem::path folder, http::TlsIdentity authority)
      : folder_(std::move(folder)), authority_(std::move(authority)) {}

  std::filesystem::path folder_;
  http::TlsIdentity authority_;
};

}  // namespace terrella::rpc

// ca: the development authority that signs the certificates of this user's clusters.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/cluster/certificates.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "http/tls/authority.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kGroup[] = "HTTPS";

absl::StatusOr<http::TlsIdentity> Authority(Invocation& in) {
  return LoadOrMakeAuthority(in.paths, SystemClock().WallNow());
}

ExitCode Show(Invocation& in) {
  const auto authority = Authority(in);
  if (!authority.ok()) return in.out.Fail(authority.status());
  const auto facts = http::DescribeCertificate(authority->certificates_pem);
  if (!facts.ok()) return in.out.Fail(facts.status());
  const auto not_after =
      std::chrono::duration_cast<std::chrono::milliseconds>(facts->not_after.time_since_epoch());
  const std::string domains = fmt::format(".{}", fmt::join(http::AuthorityDomains(), ", ."));
  if (in.out.json()) {
    in.out.Data("{}", Json{{"certificate", in.paths.authority().string()},
                           {"key", in.paths.authority_key().string()},
                           {"subject", facts->subject},
                           {"sha256", facts->sha256},
                           {"not_after_unix_ms", not_after.count()}}
                          .dump());
    return ExitCode::kOk;
  }
  in.out.Data("subject      {}", facts->subject);
  in.out.Data("certificate  {}", in.paths.authority().string());
  in.out.Data("key          {}  (whoever reads it can pass for your clusters: keep it to yourself)",
              in.paths.authority_key().string());
  in.out.Data("sha256       {}", facts->sha256);
  in.out.Data("valid until  {}", FormatTime(not_after.count()));
  in.out.Data("vouches for  names under {}, and loopback addresses; nothing else", domains);
  return ExitCode::kOk;
}

ExitCode Path(Invocation& in) {
  const auto authority = Authority(in);
  if (!authority.ok()) return in.out.Fail(authority.status());
  const std::string path = in.paths.authority().string();
  in.out.Data("{}", in.out.json() ? Json{{"certificate", path}}.dump() : path);
  return ExitCode::kOk;
}

ExitCode Export(Invocation& in) {
  const auto authority = Authority(in);
  if (!authority.ok()) return in.out.Fail(authority.status());
  const std::string to = in.args.Text("FILE");
  if (to.empty() || to == "-") {
    in.out.Data("{}", authority->certificates_pem);
    return ExitCode::kOk;
  }
  const absl::Status written = WriteFileAtomic(to, authority->certificates_pem);
  if (!written.ok()) return in.out.Fail(written);
  in.out.Talk("wrote the certificate to {}; the key stays where it is", to);
  return ExitCode::kOk;
}

ExitCode InstallHint(Invocation& in) {
  const auto authority = Authority(in);
  if (!authority.ok()) return in.out.Fail(authority.status());
  const std::string path = in.paths.authority().string();
  const std::string text = fmt::format(
      R"(Nothing has been installed. To trust the clusters of this user:

  curl       curl --cacert {0} https://NAME.edge.test:PORT/
  Node.js    NODE_EXTRA_CA_CERTS={0}
  Python     SSL_CERT_FILE={0}  (requests: REQUESTS_CA_BUNDLE)
  Chrome     chrome://settings/certificates, "Local certificates", "Trusted", import {0}
             or: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n terrella -i {0}
  Firefox    Settings, Certificates, View Certificates, Authorities, Import
  Debian     sudo cp {0} /usr/local/share/ca-certificates/terrella.crt && sudo update-ca-certificates

What that means: programs that trust it believe whoever holds {1}.
The certificate itself confines that to names under .{2} and to
loopback addresses, so that it can vouch for no site of the public Internet. Take it out again the same
way; "rm -r {3}" forgets it, and the next "terrella up" makes a new one.)",
      path, in.paths.authority_key().string(), fmt::join(http::AuthorityDomains(), ", ."),
      in.paths.authority().parent_path().string());
  in.out.Data("{}", in.out.json() ? Json{{"certificate", path}, {"text", text}}.dump() : text);
  return ExitCode::kOk;
}

}  // namespace

Command CaShowCommand() {
  return {.name = "ca show",
          .group = kGroup,
          .summary = "show the development authority that signs your clusters' certificates",
          .details = "Makes it when there is none yet. It is never installed anywhere by itself.",
          .examples = {{"terrella ca show", "where it is, its fingerprint, what it may vouch for"}},
          .run = Show};
}

Command CaPathCommand() {
  return {.name = "ca path",
          .group = kGroup,
          .summary = "print the path of the authority's certificate",
          .examples = {{"curl --cacert \"$(terrella ca path)\" https://hello.edge.test:8080/",
                        "ask a cluster over HTTPS"}},
          .run = Path};
}

Command CaExportCommand() {
  return {.name = "ca export",
          .group = kGroup,
          .summary = "write the authority's certificate (never its key) as PEM",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile, .required = false}},
          .examples = {{"terrella ca export terrella.crt", "for another program to import"}},
          .run = Export};
}

Command CaInstallHintCommand() {
  return {.name = "ca install-hint",
          .group = kGroup,
          .summary = "say how to make programs trust the authority, and what that means",
          .examples = {{"terrella ca install-hint", "for curl, Node.js, Python and browsers"}},
          .run = InstallHint};
}

}  // namespace terrella::cli

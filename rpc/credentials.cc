#include "rpc/credentials.h"

#include <grpc/support/log.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "base/status.h"
#include "http/tls/cluster_authority.h"

namespace terrella::rpc {
namespace {

namespace tls = grpc::experimental;

// gRPC tells standard error of every handshake that fails, and of some that do not ("No match found
// for server name", of a server that is named by its address). Its errors reach us as statuses.
void QuietGrpc() {
  if (getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_verbosity(static_cast<gpr_log_severity>(GPR_LOG_SEVERITY_ERROR + 1));
  }
}

std::shared_ptr<tls::CertificateProviderInterface> Provider(const TlsFiles& files) {
  QuietGrpc();
  return std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key.string(), files.certificates.string(), files.authority.string(),
      files.look_every_s);
}

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

// After the chain was checked, or in place of that: whom the server says it is.
class ServiceCheck final : public tls::ExternalCertificateVerifier {
 public:
  ServiceCheck(std::string_view service, std::string pin, ChainCheck check)
      : service_(service), pin_(std::move(pin)), check_(check) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    const absl::Status verdict = Judge(*request);
    if (!verdict.ok()) {
      *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(Message(verdict)));
    }
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Judge(const tls::TlsCustomVerificationCheckRequest& request) const {
    if (check_ != nullptr) {
      RETURN_IF_ERROR(check_(View(request.peer_cert_full_chain()), pin_));
    }
    const std::vector<grpc::string_ref> uris = request.uri_names();
    if (uris.size() != 1) {
      return PermissionDenied("the server's certificate names {} parts of a cluster, expected one",
                              uris.size());
    }
    ASSIGN_OR_RETURN(const Identity identity, ParseIdentity(View(uris.front())));
    if (identity.is_service(service_)) return absl::OkStatus();
    return PermissionDenied("the server is {}, expected the {}", Describe(identity), service_);
  }

  const std::string service_, pin_;
  const ChainCheck check_;
};

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files,
                                                            std::string_view service) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<ServiceCheck>(service, std::string(), nullptr));
  return tls::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> PinnedCredentials(std::string pin, ChainCheck check,
                                                            std::string_view service) {
  QuietGrpc();
  tls::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);  // `check` does
  // gRPC will have roots all the same, and would look for the machine's, which a confined process
  // may not read. These vouch for nobody: their key is forgotten here.
  if (const auto nobody = http::MakeClusterAuthority("nobody", SystemClock().WallNow());
      nobody.ok()) {
    options.set_certificate_provider(
        std::make_shared<tls::StaticDataCertificateProvider>(nobody->certificates_pem));
    options.watch_root_certs();
  }
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<ServiceCheck>(service, std::move(pin), check));
  return tls::TlsCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const TlsFiles& files,
                                                           ClientCertificates clients) {
  tls::TlsServerCredentialsOptions options(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(clients == ClientCertificates::kRequired
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

}  // namespace terrella::rpc

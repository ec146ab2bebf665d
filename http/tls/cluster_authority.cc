#include "http/tls/cluster_authority.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/check.h"
#include "base/digest.h"
#include "base/status.h"
#include "http/tls/x509.h"

namespace terrella::http {
namespace {

using x509::AddExtension;
using x509::Certificate;
using x509::Key;

constexpr Duration kAuthorityLifetime = std::chrono::hours(24 * 3650);
constexpr Duration kClockSkew = std::chrono::minutes(10);  // what a checker's clock may be behind
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";

Key NewKey() {
  return Key(EVP_EC_gen("P-256"));
}

bool IsP256(EVP_PKEY* key) {
  char group[64] = {};
  return EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == "prime256v1";
}

absl::Status CheckUri(std::string_view uri) {
  // A comma would begin another name in OpenSSL's configuration.
  const bool plain =
      !uri.empty() && uri.size() <= 512 && std::all_of(uri.begin(), uri.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\\';
      });
  return plain ? absl::OkStatus() : InvalidArgument("no certificate can name '{}'", uri);
}

absl::StatusOr<std::string> Sign(const TlsIdentity& authority, EVP_PKEY* key,
                                 const LeafTerms& terms, WallTime now) {
  RETURN_IF_ERROR(CheckUri(terms.uri));
  const Certificate issuer = x509::ParseCertificate(authority.certificates_pem);
  const Key issuer_key = x509::ParseKey(authority.key_pem);
  if (issuer == nullptr || issuer_key == nullptr) {
    return FailedPrecondition("the cluster authority's certificate or key is no PEM");
  }
  // The common name is for people; RFC 5280 appendix A.1 gives it 64 characters.
  const std::string common_name =
      terms.uri.substr(terms.uri.size() - std::min<size_t>(64, terms.uri.size()));
  const Certificate certificate = x509::NewCertificate(
      key, common_name, {now - std::min(kClockSkew, terms.lifetime), now + terms.lifetime});
  X509* leaf = certificate.get();
  CHECK(X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) == 1);
  AddExtension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(leaf, issuer.get(), NID_ext_key_usage,
               terms.serves ? "serverAuth,clientAuth" : "clientAuth");
  AddExtension(leaf, issuer.get(), NID_subject_key_identifier, "hash");
  AddExtension(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always");
  AddExtension(leaf, issuer.get(), NID_subject_alt_name, "URI:" + terms.uri);
  if (X509_sign(leaf, issuer_key.get(), EVP_sha256()) == 0) return Internal("cannot sign");
  return x509::CertificatePem(leaf) + x509::CertificatePem(issuer.get());
}

// The last one's beginning; npos when there is none.
size_t LastOf(std::string_view chain_pem) {
  return chain_pem.rfind(kBegin);
}

absl::StatusOr<std::string> HashOf(const X509_PUBKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(key, &der);
  if (size <= 0) return InvalidArgument("no public key");
  std::string hash = Sha256({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hash;
}

absl::StatusOr<std::string> HashOfKey(X509* certificate) {
  return HashOf(X509_get_X509_PUBKEY(certificate));
}

}  // namespace

absl::StatusOr<TlsIdentity> MakeClusterAuthority(std::string_view cluster, WallTime now) {
  const Key key = NewKey();
  if (key == nullptr) return Internal("cannot make a key");
  const Certificate certificate =
      x509::NewCertificate(key.get(), fmt::format("terrella cluster {}", cluster),
                           {now - kClockSkew, now + kAuthorityLifetime});
  X509* self = certificate.get();
  CHECK(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
  AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(self, self, NID_subject_key_identifier, "hash");
  if (X509_sign(self, key.get(), EVP_sha256()) == 0) return Internal("cannot sign");
  return TlsIdentity{x509::CertificatePem(self), x509::KeyPem(key.get())};
}

absl::StatusOr<std::string> MakeKey() {
  const Key key = NewKey();
  if (key == nullptr) return Internal("cannot make a key");
  return x509::KeyPem(key.get());
}

absl::StatusOr<std::string> MakeSigningRequest(std::string_view key_pem) {
  const Key key = x509::ParseKey(key_pem);
  if (key == nullptr) return InvalidArgument("no private key in PEM");
  const x509::Request request(X509_REQ_new());
  CHECK(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  CHECK(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
  if (X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) return Internal("cannot sign");
  const x509::Bio bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1);
  return x509::TextOf(bio.get());
}

absl::StatusOr<std::string> SignRequest(const TlsIdentity& authority, std::string_view request_pem,
                                        const LeafTerms& terms, WallTime now) {
  const x509::Request request = x509::ParseRequest(request_pem);
  if (request == nullptr) {
    return InvalidArgument(
        "expected a signing request (PKCS #10) in PEM, got {} bytes of something else",
        request_pem.size());
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || !IsP256(key)) {
    return InvalidArgument("a signing request is for an ECDSA key on P-256; this one is not");
  }
  const bool proved = X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!proved) return InvalidArgument("the signing request is not signed with its own key");
  return Sign(authority, key, terms, now);
}

absl::StatusOr<std::string> RequestKeyHash(std::string_view request_pem) {
  const x509::Request request = x509::ParseRequest(request_pem);
  if (request == nullptr) return InvalidArgument("no signing request in PEM");
  return HashOf(X509_REQ_get_X509_PUBKEY(request.get()));
}

absl::StatusOr<TlsIdentity> IssueLeaf(const TlsIdentity& authority, const LeafTerms& terms,
                                      WallTime now) {
  const Key key = NewKey();
  if (key == nullptr) return Internal("cannot make a key");
  ASSIGN_OR_RETURN(std::string chain, Sign(authority, key.get(), terms, now));
  return TlsIdentity{std::move(chain), x509::KeyPem(key.get())};
}

absl::StatusOr<std::string> KeyHash(std::string_view certificate_pem) {
  const Certificate certificate = x509::ParseCertificate(certificate_pem);
  if (certificate == nullptr) return InvalidArgument("no certificate in PEM");
  return HashOfKey(certificate.get());
}

absl::Status CheckPinnedChain(std::string_view chain_pem, std::string_view key_hash, WallTime now) {
  const size_t last = LastOf(chain_pem);
  if (last == std::string_view::npos || last == chain_pem.find(kBegin)) {
    return PermissionDenied("the server shows its own certificate alone, not its authority's");
  }
  const Certificate leaf = x509::ParseCertificate(chain_pem);
  const Certificate authority = x509::ParseCertificate(chain_pem.substr(last));
  if (leaf == nullptr || authority == nullptr) {
    return PermissionDenied("the server's certificates cannot be read");
  }
  ASSIGN_OR_RETURN(const std::string hash, HashOfKey(authority.get()));
  if (hash != key_hash) {
    return PermissionDenied("the server's authority is not the one the token was made under");
  }
  EVP_PKEY* key = X509_get0_pubkey(authority.get());
  const bool signed_by = key != nullptr && X509_verify(leaf.get(), key) == 1;
  ERR_clear_error();
  if (!signed_by || X509_check_ca(leaf.get()) != 0) {
    return PermissionDenied("the server's certificate was not signed by its authority");
  }
  if ((X509_get_extended_key_usage(leaf.get()) & XKU_SSL_SERVER) == 0) {
    return PermissionDenied("the server's certificate is not for servers");
  }
  if (now < x509::ToWallTime(X509_get0_notBefore(leaf.get())) ||
      now > x509::ToWallTime(X509_get0_notAfter(leaf.get()))) {
    return PermissionDenied("the server's certificate is not valid now; do the clocks agree?");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AuthorityOf(std::string_view chain_pem) {
  const size_t last = LastOf(chain_pem);
  const Certificate authority =
      x509::ParseCertificate(last == std::string_view::npos ? "" : chain_pem.substr(last));
  if (authority == nullptr) return InvalidArgument("no certificate in PEM");
  return x509::CertificatePem(authority.get());
}

bool KeyFits(std::string_view key_pem, std::string_view certificate_pem) {
  const Certificate certificate = x509::ParseCertificate(certificate_pem);
  const Key key = x509::ParseKey(key_pem);
  const bool fits = certificate != nullptr && key != nullptr &&
                    X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace terrella::http

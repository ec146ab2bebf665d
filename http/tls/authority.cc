#include "http/tls/authority.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"
#include "http/tls/x509.h"

namespace terrella::http {
namespace {

constexpr std::string_view kDomains[] = {"test", "localhost", "example", "internal"};
constexpr Duration kDay = std::chrono::hours(24);
constexpr long kAuthorityDays = 3650, kLeafDays = 397;

using x509::AddExtension;
using x509::Certificate;
using x509::Key;
using x509::ParseCertificate;
using x509::ParseKey;

TlsIdentity ToPem(X509* certificate, EVP_PKEY* key) {
  return {x509::CertificatePem(certificate), x509::KeyPem(key)};
}

// From a day ago: clocks differ.
x509::Validity ForDays(long days, WallTime now) {
  return {now - kDay, now + kDay * days};
}

std::string Constraints() {
  std::string out = "critical";
  for (std::string_view domain : kDomains) out += fmt::format(",permitted;DNS:{}", domain);
  return out +
         ",permitted;IP:127.0.0.0/255.0.0.0"
         ",permitted;IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF";
}

bool IsLoopback(const IpAddress& address) {
  if (address.is_v4()) return address.v4() >> 24 == 127;
  return address.ToString() == "::1";
}

std::string SerialOf(X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* hex = BN_bn2hex(number);
  std::string out = hex;
  OPENSSL_free(hex);
  BN_free(number);
  return out;
}

absl::StatusOr<std::string> AlternativeNames(const CertificateRequest& request) {
  std::string out;
  for (const std::string& name : request.names) {
    if (!MayVouchFor(name)) {
      return InvalidArgument(
          "the development authority may not vouch for {}; only for names under "
          ".{}",
          name, fmt::join(kDomains, ", ."));
    }
    out += (out.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const IpAddress& address : request.addresses) {
    if (!IsLoopback(address)) {
      return InvalidArgument("the development authority may not vouch for {}; only for loopback",
                             address.ToString());
    }
    out += (out.empty() ? "IP:" : ",IP:") + address.ToString();
  }
  if (out.empty()) return InvalidArgument("a certificate needs a name or an address");
  return out;
}

}  // namespace

std::span<const std::string_view> AuthorityDomains() {
  return kDomains;
}

bool MayVouchFor(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  const size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  return plain && std::find(std::begin(kDomains), std::end(kDomains), last) != std::end(kDomains);
}

absl::StatusOr<TlsIdentity> MakeAuthority(std::string_view common_name, WallTime now) {
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Internal("cannot make a key");
  Certificate certificate =
      x509::NewCertificate(key.get(), common_name, ForDays(kAuthorityDays, now));
  X509* self = certificate.get();
  CHECK(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
  AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(self, self, NID_subject_key_identifier, "hash");
  AddExtension(self, self, NID_name_constraints, Constraints());
  if (X509_sign(self, key.get(), EVP_sha256()) == 0) return Internal("cannot sign");
  return ToPem(self, key.get());
}

absl::StatusOr<TlsIdentity> IssueCertificate(const TlsIdentity& authority,
                                             const CertificateRequest& request, WallTime now) {
  ASSIGN_OR_RETURN(const std::string names, AlternativeNames(request));
  Certificate issuer = ParseCertificate(authority.certificates_pem);
  Key issuer_key = ParseKey(authority.key_pem);
  if (issuer == nullptr || issuer_key == nullptr) {
    return InvalidArgument("the authority's certificate or key is no PEM");
  }
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Internal("cannot make a key");
  const std::string common_name =
      request.names.empty() ? request.addresses.front().ToString() : request.names.front();
  Certificate certificate = x509::NewCertificate(key.get(), common_name, ForDays(kLeafDays, now));
  X509* leaf = certificate.get();
  CHECK(X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) == 1);
  AddExtension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(leaf, issuer.get(), NID_ext_key_usage, "serverAuth");
  AddExtension(leaf, issuer.get(), NID_subject_key_identifier, "hash");
  AddExtension(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always");
  AddExtension(leaf, issuer.get(), NID_subject_alt_name, names);
  if (X509_sign(leaf, issuer_key.get(), EVP_sha256()) == 0) return Internal("cannot sign");
  return ToPem(leaf, key.get());
}

absl::StatusOr<CertificateFacts> DescribeCertificate(std::string_view pem) {
  Certificate certificate = ParseCertificate(pem);
  if (certificate == nullptr) return InvalidArgument("no certificate in PEM");
  CertificateFacts facts;
  facts.subject = x509::CommonName(X509_get_subject_name(certificate.get()));
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS && name->type != GEN_URI && name->type != GEN_IPADD) continue;
    // The three are one kind of string in one union.
    const ASN1_STRING* value = name->d.ia5;
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    if (name->type == GEN_DNS || name->type == GEN_URI) {
      (name->type == GEN_DNS ? facts.names : facts.uris)
          .emplace_back(reinterpret_cast<const char*>(bytes),
                        static_cast<size_t>(ASN1_STRING_length(value)));
    } else if (ASN1_STRING_length(value) == 4) {
      facts.names.push_back(fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]));
    }
  }
  GENERAL_NAMES_free(names);
  facts.not_before = x509::ToWallTime(X509_get0_notBefore(certificate.get()));
  facts.not_after = x509::ToWallTime(X509_get0_notAfter(certificate.get()));
  facts.serial = SerialOf(certificate.get());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest, &size);
  for (unsigned int i = 0; i < size; ++i) {
    facts.sha256 += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  }
  return facts;
}

bool IssuedBy(std::string_view pem, const TlsIdentity& authority) {
  Certificate leaf = ParseCertificate(pem);
  Key key = ParseKey(authority.key_pem);
  return leaf != nullptr && key != nullptr && X509_verify(leaf.get(), key.get()) == 1;
}

}  // namespace terrella::http

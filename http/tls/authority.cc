#include "http/tls/authority.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "base/free_with.h"
#include "base/status.h"

namespace terrella::http {
namespace {

constexpr std::string_view kDomains[] = {"test", "localhost", "example", "internal"};
constexpr long kDay = 24 * 60 * 60;
constexpr long kAuthorityDays = 3650, kLeafDays = 397;

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Certificate ParseCertificate(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate out(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

Key ParseKey(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key out(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

TlsIdentity ToPem(X509* certificate, EVP_PKEY* key) {
  Bio certificate_bio(BIO_new(BIO_s_mem())), key_bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509(certificate_bio.get(), certificate) == 1);
  CHECK(PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
        1);
  return {TextOf(certificate_bio.get()), TextOf(key_bio.get())};
}

std::string CommonName(const X509_NAME* name) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text, sizeof text);
  return text;
}

// The fields that both kinds share.
Certificate NewCertificate(EVP_PKEY* key, std::string_view common_name, WallTime now, long days) {
  Certificate certificate(X509_new());
  CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
  unsigned char serial[16];
  CHECK(RAND_bytes(serial, sizeof serial) == 1);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now_s.count() - kDay);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), now_s.count() + days * kDay);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("terrella"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  CHECK(extension != nullptr);
  CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
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
  Certificate certificate = NewCertificate(key.get(), common_name, now, kAuthorityDays);
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
  Certificate certificate = NewCertificate(key.get(), common_name, now, kLeafDays);
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
  facts.subject = CommonName(X509_get_subject_name(certificate.get()));
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    if (name->type == GEN_DNS) {
      facts.names.emplace_back(reinterpret_cast<const char*>(bytes),
                               static_cast<size_t>(ASN1_STRING_length(value)));
    } else if (name->type == GEN_IPADD && ASN1_STRING_length(value) == 4) {
      facts.names.push_back(fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]));
    }
  }
  GENERAL_NAMES_free(names);
  tm utc{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &utc);
  facts.not_after = WallTime(std::chrono::seconds(timegm(&utc)));
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

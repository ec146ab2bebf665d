#include "http/tls/x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace terrella::http::x509 {
namespace {

// PEM of anybody's size is none of ours.
constexpr size_t kPemBytesMax = 1 << 20;

Bio Reading(std::string_view pem) {
  if (pem.size() > kPemBytesMax) pem = {};
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// No question is asked for the passphrase of an encrypted key: it is no key for us.
int NoPassphrase(char*, int, int, void*) {
  return -1;
}

int64_t UnixSeconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Certificate ParseCertificate(std::string_view pem) {
  Certificate out(PEM_read_bio_X509(Reading(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return out;
}

Request ParseRequest(std::string_view pem) {
  Request out(PEM_read_bio_X509_REQ(Reading(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return out;
}

Key ParseKey(std::string_view pem) {
  Key out(PEM_read_bio_PrivateKey(Reading(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return out;
}

std::string CertificatePem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return TextOf(bio.get());
}

std::string KeyPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio.get());
}

std::string CommonName(const X509_NAME* name) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text, sizeof text);
  return text;
}

WallTime ToWallTime(const ASN1_TIME* time) {
  tm utc{};
  ASN1_TIME_to_tm(time, &utc);
  return WallTime(std::chrono::seconds(timegm(&utc)));
}

Certificate NewCertificate(EVP_PKEY* key, std::string_view common_name, const Validity& validity) {
  Certificate certificate(X509_new());
  CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
  unsigned char serial[16];
  CHECK(RAND_bytes(serial, sizeof serial) == 1);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), UnixSeconds(validity.from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), UnixSeconds(validity.until));
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

}  // namespace terrella::http::x509

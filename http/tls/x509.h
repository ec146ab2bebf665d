// X509: OpenSSL's certificates and keys as C++ owns them, and the steps that all of our
// certificates are made by. For the authorities of this folder only.
//
// Thread: any; pure functions, save for randomness.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/free_with.h"
#include "http/tls/context.h"

namespace terrella::http::x509 {

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Request = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

// What was written to a memory BIO.
std::string TextOf(BIO* bio);

// The first of its kind in a PEM text; null when there is none.
Certificate ParseCertificate(std::string_view pem);
Request ParseRequest(std::string_view pem);
Key ParseKey(std::string_view pem);

std::string CertificatePem(X509* certificate);
std::string KeyPem(EVP_PKEY* key);
std::string CommonName(const X509_NAME* name);
WallTime ToWallTime(const ASN1_TIME* time);

struct Validity {
  WallTime from, until;
};
// Version 3 with a random serial number, its subject O=terrella CN=`common_name`; not signed.
Certificate NewCertificate(EVP_PKEY* key, std::string_view common_name, const Validity& validity);
// `value` as in OpenSSL's configuration: "critical,CA:TRUE".
void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value);

}  // namespace terrella::http::x509

#include "dns_router/dnssec/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr size_t kPointBytes = 65;  // uncompressed, with the byte that says so

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using MdContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using SigPtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

// RFC 4034 appendix B.
uint16_t TagOf(std::string_view dnskey) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dnskey.size(); ++i) {
    const uint32_t byte = static_cast<uint8_t>(dnskey[i]);
    sum += i % 2 == 0 ? byte << 8 : byte;
  }
  return static_cast<uint16_t>(sum + (sum >> 16));
}

bool IsP256(EVP_PKEY* key) {
  char group[32];
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                        &size) == 1 &&
         std::string_view(group, size) == "prime256v1";
}

}  // namespace

SigningKey::SigningKey(Key key) : key_(std::move(key)) {
  unsigned char point[kPointBytes];
  size_t size = 0;
  CHECK(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                        sizeof(point), &size) == 1);
  CHECK(size == kPointBytes && point[0] == POINT_CONVERSION_UNCOMPRESSED);
  dnskey_ = {1, 1, 3, kEcdsaP256Sha256};
  dnskey_.append(reinterpret_cast<const char*>(point + 1), kPointBytes - 1);
  tag_ = TagOf(dnskey_);
  const std::string digest = Sha256(dnskey_);
  std::copy_n(digest.begin(), fingerprint_.size(), fingerprint_.begin());
}

SigningKey SigningKey::Generate() {
  Key key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  // The parameter says in which form the public point is given out.
  CHECK(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       "uncompressed") == 1);
  return SigningKey(std::move(key));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without this OpenSSL asks the terminal for the password of an encrypted key, and waits.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (key == nullptr) return InvalidArgument("expected a private key as PEM, not encrypted");
  if (!IsP256(key.get())) return InvalidArgument("expected an ECDSA key on P-256");
  EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                 "uncompressed");
  return SigningKey(std::move(key));
}

std::string SigningKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
        1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

Signature SigningKey::Sign(std::string_view bytes) const {
  const MdContextPtr context(EVP_MD_CTX_new());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  unsigned char der[80];  // two integers of up to 33 bytes in a sequence
  size_t size = sizeof(der);
  CHECK(EVP_DigestSign(context.get(), der, &size,
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1);
  const unsigned char* at = der;
  const SigPtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  CHECK(parsed != nullptr);
  Signature signature;
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, 32) == 32);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + 32, 32) == 32);
  return signature;
}

std::string SigningKey::Ds(std::string_view apex_wire) const {
  constexpr char kSha256 = 2;
  std::string ds{static_cast<char>(tag_ >> 8), static_cast<char>(tag_), kEcdsaP256Sha256, kSha256};
  return ds + Sha256(std::string(apex_wire) + dnskey_);
}

absl::StatusOr<SigningKeys> SigningKeys::FromPem(std::string_view text) {
  static constexpr std::string_view kBegin = "-----BEGIN ";
  SigningKeys out;
  for (size_t at = text.find(kBegin); at != text.npos;) {
    const size_t next = text.find(kBegin, at + kBegin.size());
    auto key = SigningKey::FromPem(text.substr(at, next == text.npos ? next : next - at));
    const size_t number = out.keys.size() + 1;
    if (!key.ok()) return InvalidArgument("key {}: {}", number, Message(key.status()));
    if (number > kKeysMax) return InvalidArgument("key {}: at most {} are taken", number, kKeysMax);
    for (const SigningKey& other : out.keys) {
      if (other.dnskey() == key->dnskey()) return InvalidArgument("key {}: is there twice", number);
    }
    out.keys.push_back(*std::move(key));
    at = next;
  }
  if (out.keys.empty()) return InvalidArgument("expected a private key as PEM");
  return out;
}

absl::StatusOr<std::shared_ptr<const SigningKeys>> SigningKeys::Read(
    const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 64 << 10));
  auto keys = FromPem(text);
  if (!keys.ok()) return InvalidArgument("{}: {}", path.string(), Message(keys.status()));
  return std::make_shared<const SigningKeys>(*std::move(keys));
}

absl::StatusOr<std::shared_ptr<const SigningKeys>> SigningKeys::ReadOrMake(
    const std::filesystem::path& path) {
  auto keys = Read(path);
  if (!absl::IsNotFound(keys.status())) return keys;
  RETURN_IF_ERROR(WriteFileAtomic(path, SigningKey::Generate().ToPem(), /*private_to_user=*/true));
  return Read(path);
}

}  // namespace terrella::dns

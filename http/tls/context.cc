#include "http/tls/context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "base/file.h"
#include "base/free_with.h"
#include "base/status.h"

namespace terrella::http {
namespace {

// TLS 1.2: ephemeral keys and AEAD. TLS 1.3 has nothing else.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr size_t kPemBytesMax = 1 << 20;
constexpr std::string_view kH2 = "h2", kHttp11 = "http/1.1";

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

std::string LastError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

BioPtr Reading(std::string_view pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

SSL_CTX* NewContext(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  CHECK(SSL_CTX_set_cipher_list(context, kCiphers12) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::vector<std::string> NamesOf(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    names.push_back(Lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(list);
  return names;
}

absl::Status UseIdentity(SSL_CTX* context, const TlsIdentity& identity,
                         std::vector<std::string>* names) {
  BioPtr bio = Reading(identity.certificates_pem);
  X509Ptr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (leaf == nullptr) return InvalidArgument("the certificate is no PEM: {}", LastError());
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return InvalidArgument("the certificate cannot be used: {}", LastError());
  }
  *names = NamesOf(leaf.get());
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return InvalidArgument("the certificate chain cannot be used: {}", LastError());
    }
  }
  ERR_clear_error();
  BioPtr key_bio = Reading(identity.key_pem);
  KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return InvalidArgument("the private key is no PEM: {}", LastError());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return InvalidArgument("the private key does not fit its certificate: {}", LastError());
  }
  return absl::OkStatus();
}

}  // namespace

int ServerTls::OnProtocols(SSL*, const unsigned char** out, unsigned char* out_size,
                           const unsigned char* offered, unsigned int offered_size, void* self) {
  for (const std::string& wanted : static_cast<const ServerTls*>(self)->protocols_) {
    std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
    while (!list.empty()) {
      const auto size = static_cast<size_t>(static_cast<unsigned char>(list.front()));
      if (list.substr(1, size) == wanted) {
        *out = reinterpret_cast<const unsigned char*>(wanted.data());
        *out_size = static_cast<unsigned char>(wanted.size());
        return SSL_TLSEXT_ERR_OK;
      }
      list.remove_prefix(std::min(list.size(), size + 1));
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // section 3.2
}

absl::StatusOr<std::shared_ptr<const ServerTls>> ServerTls::Make(
    const std::vector<TlsIdentity>& identities, bool http2) {
  std::vector<std::string> protocols;
  if (http2) protocols.emplace_back(kH2);
  protocols.emplace_back(kHttp11);
  return MakeOffering(std::move(protocols), identities, TlsVersions::k12And13);
}

absl::StatusOr<std::shared_ptr<const ServerTls>> ServerTls::MakeFor(
    std::string_view protocol, const std::vector<TlsIdentity>& identities, TlsVersions versions) {
  return MakeOffering({std::string(protocol)}, identities, versions);
}

absl::StatusOr<std::shared_ptr<const ServerTls>> ServerTls::MakeOffering(
    std::vector<std::string> protocols, const std::vector<TlsIdentity>& identities,
    TlsVersions versions) {
  if (identities.empty()) return InvalidArgument("TLS needs a certificate");
  std::shared_ptr<ServerTls> out(new ServerTls);
  out->protocols_ = std::move(protocols);
  for (const TlsIdentity& identity : identities) {
    SSL_CTX* context = NewContext(TLS_server_method());
    if (versions == TlsVersions::k13) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    out->entries_.push_back({context, {}});
    RETURN_IF_ERROR(UseIdentity(context, identity, &out->entries_.back().names));
    static constexpr unsigned char kSessionContext[] = "terrella";
    SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets keep no state here
    SSL_CTX_set_alpn_select_cb(context, OnProtocols, out.get());
    SSL_CTX_set_tlsext_servername_callback(context, OnServerName);
    SSL_CTX_set_tlsext_servername_arg(context, out.get());
  }
  return out;
}

ServerTls::~ServerTls() {
  for (Entry& entry : entries_) SSL_CTX_free(entry.context);
}

int ServerTls::OnServerName(SSL* ssl, int*, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) {
    if (SSL_CTX* context = static_cast<ServerTls*>(self)->Find(Lower(name))) {
      SSL_set_SSL_CTX(ssl, context);
    }
  }
  return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* ServerTls::Find(std::string_view name) const {
  const size_t dot = name.find('.');
  const std::string wildcard =
      dot == std::string_view::npos ? "" : "*" + std::string(name.substr(dot));
  for (const Entry& entry : entries_) {
    for (const std::string& known : entry.names) {
      if (known == name || (!wildcard.empty() && known == wildcard)) return entry.context;
    }
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<const ServerTls>> LazyTls::Get() {
  std::call_once(once_, [this] {
    made_ = [this]() -> absl::StatusOr<std::shared_ptr<const ServerTls>> {
      TlsIdentity identity;
      ASSIGN_OR_RETURN(identity.certificates_pem, ReadFile(files_.certificates, kPemBytesMax));
      ASSIGN_OR_RETURN(identity.key_pem, ReadFile(files_.key, kPemBytesMax));
      return ServerTls::Make({std::move(identity)});
    }();
  });
  return made_;
}

absl::StatusOr<std::shared_ptr<const ClientTls>> ClientTls::Make(std::string_view authorities_pem) {
  std::shared_ptr<ClientTls> out(new ClientTls);
  out->context_ = NewContext(TLS_client_method());
  SSL_CTX_set_verify(out->context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(out->context_, SSL_SESS_CACHE_OFF);
  if (authorities_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(out->context_) != 1) {
      return InvalidArgument("the machine's certificates cannot be read: {}", LastError());
    }
    return out;
  }
  BioPtr bio = Reading(authorities_pem);
  X509_STORE* store = SSL_CTX_get_cert_store(out->context_);
  int count = 0;
  while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return InvalidArgument("an authority's certificate cannot be used: {}", LastError());
    }
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return InvalidArgument("no certificate is in the PEM of the authority");
  return out;
}

ClientTls::~ClientTls() {
  SSL_CTX_free(context_);
}

}  // namespace terrella::http

// ServerTls, LazyTls and ClientTls: what the connections of one listener, or to one kind of origin,
// have in common: certificates, keys, whom to trust, which versions and ciphers.
//
// TLS 1.2 and 1.3; forward secrecy and AEAD only; no renegotiation, no compression, no early data.
// Session tickets are on: a client that comes back spares the server the signature.
//
// Thread: any (immutable once made; OpenSSL locks what it must).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

struct ssl_st;
struct ssl_ctx_st;
typedef struct ssl_ctx_st SSL_CTX;

namespace terrella::http {

// A certificate chain, leaf first, and its private key; both PEM.
struct TlsIdentity {
  std::string certificates_pem;
  std::string key_pem;
};

enum class TlsVersions : uint8_t { k12And13, k13 };

class ServerTls {
 public:
  // The first identity answers clients that name no server (SNI) or an unknown one. The protocols
  // offered by ALPN are h2 (when `http2`) and http/1.1. InvalidArgument says which PEM is wrong.
  static absl::StatusOr<std::shared_ptr<const ServerTls>> Make(
      const std::vector<TlsIdentity>& identities, bool http2 = true);
  // For something else than HTTP: `protocol` is its name in ALPN, "dot".
  static absl::StatusOr<std::shared_ptr<const ServerTls>> MakeFor(
      std::string_view protocol, const std::vector<TlsIdentity>& identities,
      TlsVersions versions = TlsVersions::k12And13);
  ~ServerTls();

  SSL_CTX* context() const { return entries_.front().context; }

 private:
  struct Entry {
    SSL_CTX* context = nullptr;
    std::vector<std::string> names;  // of the certificate, lower-case; "*.x" stands for one label
  };
  ServerTls() = default;
  static int OnServerName(ssl_st* ssl, int* alert, void* self);
  SSL_CTX* Find(std::string_view name) const;

  static absl::StatusOr<std::shared_ptr<const ServerTls>> MakeOffering(
      std::vector<std::string> protocols, const std::vector<TlsIdentity>& identities,
      TlsVersions versions);
  // RFC 7301: the server's choice.
  static int OnProtocols(ssl_st* ssl, const unsigned char** out, unsigned char* out_size,
                         const unsigned char* offered, unsigned int offered_size, void* self);

  std::vector<Entry> entries_;
  std::vector<std::string> protocols_;  // of ALPN, the most wanted first
};

// LazyTls: a ServerTls out of two files, made when the first client asks for TLS: a node that
// nobody asks spends neither time nor memory on it. Thread: any.
class LazyTls {
 public:
  struct Files {
    std::filesystem::path certificates, key;
  };
  explicit LazyTls(Files files) : files_(std::move(files)) {}
  // The same answer for all calls.
  absl::StatusOr<std::shared_ptr<const ServerTls>> Get();

 private:
  const Files files_;
  std::once_flag once_;
  absl::StatusOr<std::shared_ptr<const ServerTls>> made_;
};

class ClientTls {
 public:
  // Trusts `authorities_pem` alone, or the machine's certificates when it is empty.
  static absl::StatusOr<std::shared_ptr<const ClientTls>> Make(std::string_view authorities_pem);
  ~ClientTls();

  SSL_CTX* context() const { return context_; }

 private:
  ClientTls() = default;
  SSL_CTX* context_ = nullptr;
};

}  // namespace terrella::http

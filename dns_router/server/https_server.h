// HttpsServer: DNS over HTTPS (RFC 8484) on a thread of its own, over HTTP/1.1 and HTTP/2.
//
//   GET /dns-query?dns=BASE64URL            the message in the address, so that caches can keep it
//   POST /dns-query                         the message as the body, application/dns-message
//
// An answer may be kept for the least TTL in it and by nobody but the client's own cache: whom
// another cache would hand it to may be somewhere else. Every answer of the DNS is a 200, also
// those that say no; only what is no DNS message, or not asked for as above, is an HTTP error.
//
// Thread: Listen, Start and the destructor on one thread. Owns: its loop, thread and connections.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "dns_router/server/backend.h"
#include "http/tls/context.h"

namespace terrella::dns {

class HttpsServer {
 public:
  // `backend` outlives the server. Unavailable when the port is taken, or when the certificate or
  // key cannot be used.
  static absl::StatusOr<std::unique_ptr<HttpsServer>> Listen(const SocketAddress& address,
                                                             const http::LazyTls::Files& tls,
                                                             Backend& backend);
  void Start();
  ~HttpsServer();
  SocketAddress address() const;

 private:
  class Impl;
  explicit HttpsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The bytes of unpadded base64url text (RFC 4648 section 5); nothing when it is not that.
std::optional<std::string> FromBase64Url(std::string_view text);
// The least TTL of the records of an answer, leaving the OPT record out; 0 when there are none.
// `message` is one of ours: whole and well-formed.
uint32_t LeastTtl(std::string_view message);

}  // namespace terrella::dns

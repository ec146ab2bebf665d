#include "cli/client/connection_trouble.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/sockaddr.h"
#include "base/status.h"
#include "base/tcp.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"

namespace terrella::cli {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr int kConnectMs = 1000;

template <class... Args>
absl::Status Unauthenticated(fmt::format_string<Args...> format, Args&&... args) {
  return MakeStatus(absl::StatusCode::kUnauthenticated, format, std::forward<Args>(args)...);
}

bool SomebodyListens(const std::string& address) {
  const absl::StatusOr<SocketAddress> to = SocketAddress::Parse(address);
  if (!to.ok()) return false;
  sockaddr_storage storage{};
  const socklen_t size = ToSockaddr(*to, storage);
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  int error = 0;
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    pollfd wait{fd, POLLOUT, 0};
    socklen_t length = sizeof error;
    const bool ready = errno == EINPROGRESS && poll(&wait, 1, kConnectMs) == 1 &&
                       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0;
    if (!ready) error = ETIMEDOUT;
  }
  close(fd);
  return error == 0;
}

// What is wrong with the certificate by itself.
absl::Status CheckOwn(const DialedServer& server) {
  const std::string path = server.tls.certificates.string();
  const auto pem = ReadFile(path, kPemBytesMax);
  if (!pem.ok()) {
    return Unauthenticated(
        "this program has no certificate for cluster '{}': {}. 'terrella up' issues one",
        server.cluster, Message(pem.status()));
  }
  const auto facts = http::DescribeCertificate(*pem);
  if (!facts.ok() || !http::KeyFits(*pem, *pem)) {
    return Unauthenticated(
        "{} is no certificate with its key; without it, 'terrella up' issues another", path);
  }
  const WallTime now = SystemClock().WallNow();
  if (now > facts->not_after || now < facts->not_before) {
    return Unauthenticated(
        "the certificate in {} is not valid at this time of the clock; 'terrella up' issues "
        "another",
        path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ExplainUnavailable(const DialedServer& server) {
  if (!server.tls.empty()) RETURN_IF_ERROR(CheckOwn(server));
  if (!SomebodyListens(server.address)) {
    return Unavailable(
        "the {} of cluster '{}' cannot be reached. 'terrella status' shows what runs, "
        "'terrella up' starts what does not",
        server.who, server.cluster);
  }
  if (server.tls.empty()) {
    return Unavailable(
        "the {} of cluster '{}' hangs up at {}: it may be starting or ending, or want a "
        "certificate, "
        "and this program has none",
        server.who, server.cluster, server.address);
  }
  return Unavailable(
      "the {} of cluster '{}' hangs up at {}: it may be starting or ending, speak plain text, or "
      "be of another cluster or authority than the certificate in {}",
      server.who, server.cluster, server.address, server.tls.certificates.string());
}

}  // namespace terrella::cli

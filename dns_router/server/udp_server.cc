#include "dns_router/server/udp_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr int kBatch = 64;
constexpr size_t kQueryBytesMax = 4096;  // longer datagrams are no queries of anybody
// Room for the address a datagram was sent to (IP_PKTINFO, IPV6_PKTINFO).
constexpr size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo));

socklen_t ToSockaddr(const SocketAddress& from, sockaddr_storage& to) {
  std::memset(&to, 0, sizeof(to));
  if (from.ip.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from.port);
    std::memcpy(&v4.sin_addr, from.ip.bytes().data(), 4);
    return sizeof(v4);
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(from.port);
  std::memcpy(&v6.sin6_addr, from.ip.bytes().data(), 16);
  return sizeof(v6);
}

SocketAddress FromSockaddr(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return {IpAddress::V4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, 16);
  return {IpAddress::V6(bytes), ntohs(v6.sin6_port)};
}

absl::Status SystemError(std::string_view what, const SocketAddress& address) {
  const int error = errno;
  if (error == EADDRINUSE) {
    return Unavailable("UDP {} is already in use by another process", address.ToString());
  }
  return Unavailable("{} UDP {}: {}", what, address.ToString(), std::strerror(error));
}

// A socket bound to every local address must answer from the one it was asked at.
bool IsUnspecified(const IpAddress& ip) {
  return ip == ip.Masked(0);
}

}  // namespace

struct UdpServer::Impl {
  Impl(const SnapshotCell& cell_in, const ServerIdentity& identity_in, Statistics& statistics_in)
      : cell(cell_in), identity(identity_in), statistics(statistics_in) {}
  ~Impl() {
    stopping = true;
    const uint64_t one = 1;
    if (stop_fd >= 0) CHECK(write(stop_fd, &one, sizeof(one)) == sizeof(one));
    for (std::thread& thread : threads) thread.join();
    for (int socket : sockets) close(socket);
    if (stop_fd >= 0) close(stop_fd);
  }

  absl::Status AddSocket(const UdpOptions& options);
  void Serve(int socket);

  const SnapshotCell& cell;
  const ServerIdentity& identity;
  Statistics& statistics;
  SocketAddress address;
  std::atomic<bool> stopping{false};
  int stop_fd = -1;  // readable once the threads shall end: wakes those that sleep
  std::vector<int> sockets;
  std::vector<std::thread> threads;
};

namespace {

// The buffers of one thread's batch, wired together once.
class Batch {
 public:
  Batch() {
    for (int i = 0; i < kBatch; ++i) {
      in_[i] = {queries_[i].data(), queries_[i].size()};
      out_[i].iov_base = answers_[i].data();
    }
  }

  // Datagrams received, 0 when there are none, below 0 on an error (errno).
  int Receive(int socket) {
    for (int i = 0; i < kBatch; ++i) {
      msghdr& header = messages_[i].msg_hdr;
      header = {};
      header.msg_name = &peers_[i];
      header.msg_namelen = sizeof(peers_[i]);
      header.msg_iov = &in_[i];
      header.msg_iovlen = 1;
      header.msg_control = controls_[i].data();
      header.msg_controllen = controls_[i].size();
    }
    const int count = recvmmsg(socket, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
  }

  // Answers datagram `i` into the place `slot` (<= i) of the answers to send; false when there is
  // none.
  bool AnswerOne(int i, int slot, const Snapshot* snapshot, AnswerContext& context) {
    const mmsghdr& query = messages_[i];
    if ((query.msg_hdr.msg_flags & MSG_TRUNC) != 0) return false;
    const SocketAddress peer = FromSockaddr(peers_[i]);
    if (peer.port == 0) return false;  // cannot be answered
    context.client = peer.ip;
    const size_t size =
        Answer({queries_[i].data(), query.msg_len}, snapshot, context, answers_[slot]);
    if (size == 0) return false;
    out_[slot].iov_len = size;
    msghdr header = query.msg_hdr;
    header.msg_iov = &out_[slot];
    header.msg_flags = 0;
    if (header.msg_controllen == 0) header.msg_control = nullptr;
    ClearInterface(header);
    messages_[slot].msg_hdr = header;
    return true;
  }

  // How many of `count` answers the kernel took.
  int Send(int socket, int count) {
    int sent = 0, lost = 0;
    while (sent + lost < count) {
      const int n = sendmmsg(socket, messages_.data() + sent + lost,
                             static_cast<unsigned>(count - sent - lost), 0);
      if (n > 0) {
        sent += n;
      } else if (errno != EINTR) {
        ++lost;  // only this one: another may still go out
      }
    }
    return sent;
  }

 private:
  // The answer leaves from the address the query came to, by whatever interface routing says.
  static void ClearInterface(msghdr& header) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        in_pktinfo info;
        std::memcpy(&info, CMSG_DATA(c), sizeof(info));
        info.ipi_ifindex = 0;
        info.ipi_spec_dst = info.ipi_addr;
        std::memcpy(CMSG_DATA(c), &info, sizeof(info));
      }
    }
  }

  std::array<std::array<char, kQueryBytesMax>, kBatch> queries_;
  std::array<std::array<uint8_t, kUdpBytesMax>, kBatch> answers_;
  std::array<sockaddr_storage, kBatch> peers_;
  alignas(cmsghdr) std::array<std::array<char, kControlBytes>, kBatch> controls_;
  std::array<iovec, kBatch> in_, out_;
  std::array<mmsghdr, kBatch> messages_;
};

}  // namespace

absl::Status UdpServer::Impl::AddSocket(const UdpOptions& options) {
  const bool first = sockets.empty();
  const SocketAddress wanted = first ? options.address : address;
  sockaddr_storage storage;
  socklen_t size = ToSockaddr(wanted, storage);
  const int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("cannot open", wanted);
  sockets.push_back(fd);
  const int on = 1;
  if (!first && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) {
    return SystemError("cannot share", wanted);
  }
  // Best effort: the system's own maximum may be lower.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.socket_buffer_bytes, sizeof(int));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options.socket_buffer_bytes, sizeof(int));
  // Answers must not be sent in fragments (RFC 9715 section 3.1), nor trust forged path MTUs.
  if (wanted.ip.is_v4()) {
    const int omit = IP_PMTUDISC_OMIT;
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
  } else {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (IsUnspecified(wanted.ip)) {
    const bool v4 = wanted.ip.is_v4();
    setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on,
               sizeof(on));
  }
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    return SystemError("cannot bind", wanted);
  }
  if (first) {
    if (options.threads > 1 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) {
      return SystemError("cannot share", wanted);
    }
    size = sizeof(storage);
    CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0);
    address = FromSockaddr(storage);
  }
  return absl::OkStatus();
}

void UdpServer::Impl::Serve(int socket) {
  auto batch = std::make_unique<Batch>();
  SnapshotReader reader(cell);
  AnswerContext context{.identity = &identity, .transport = Transport::kUdp};
  std::array<pollfd, 2> wait{pollfd{socket, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  while (!stopping.load(std::memory_order_relaxed)) {
    const int received = batch->Receive(socket);
    if (received <= 0) {
      // An error here is one of an earlier answer (the client's port was closed): nothing to do.
      if (poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
      continue;
    }
    const Snapshot* snapshot = reader.Current();
    int answers = 0;
    for (int i = 0; i < received; ++i) answers += batch->AnswerOne(i, answers, snapshot, context);
    const int sent = batch->Send(socket, answers);
    Statistics::Add(statistics.udp_answers, static_cast<uint64_t>(sent));
    Statistics::Add(statistics.udp_dropped, static_cast<uint64_t>(received - sent));
  }
}

UdpServer::UdpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpServer::~UdpServer() = default;
SocketAddress UdpServer::address() const {
  return impl_->address;
}

absl::StatusOr<std::unique_ptr<UdpServer>> UdpServer::Bind(const UdpOptions& options,
                                                           const SnapshotCell& cell,
                                                           const ServerIdentity& identity,
                                                           Statistics& statistics) {
  if (options.threads < 1 || options.threads > 64) {
    return InvalidArgument("expected 1 to 64 UDP threads, got {}", options.threads);
  }
  auto impl = std::make_unique<Impl>(cell, identity, statistics);
  impl->stop_fd = eventfd(0, EFD_CLOEXEC);
  if (impl->stop_fd < 0) return Unavailable("eventfd: {}", std::strerror(errno));
  for (int i = 0; i < options.threads; ++i) RETURN_IF_ERROR(impl->AddSocket(options));
  return std::unique_ptr<UdpServer>(new UdpServer(std::move(impl)));
}

void UdpServer::Start() {
  for (int socket : impl_->sockets) {
    impl_->threads.emplace_back([impl = impl_.get(), socket] { impl->Serve(socket); });
  }
}

}  // namespace terrella::dns

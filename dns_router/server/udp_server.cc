#include "dns_router/server/udp_server.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "dns_router/server/fair_queues.h"
#include "dns_router/server/responder.h"
#include "dns_router/server/source_spread.h"
#include "dns_router/server/udp_batch.h"
#include "dns_router/server/udp_socket.h"

namespace terrella::dns {
namespace {

constexpr int kSendBufferBytes = 4 << 20;
constexpr uint32_t kTimedEvery = 8;  // batches: a look at the clock is 20 ns
constexpr Duration kUnreadEvery = std::chrono::seconds(1);

// The work of one thread.
class Worker {
 public:
  Worker(Backend& backend, std::span<const int> sockets, int sender, int stop_fd, int queue_bytes,
         bool told_destination)
      : statistics_(backend.statistics),
        sockets_(sockets),
        sender_(sender),
        batch_(told_destination),
        responder_(backend, Transport::kUdp),
        counters_(responder_.counters()),
        queues_(sockets, stop_fd, queue_bytes) {}

  // Waits until there is something in a queue, or to stop, and answers a round.
  void Round() {
    for (const uint32_t place : queues_.Wait()) {
      if (batch_.room() < queues_.turn()) Flush();
      queues_.Took(place, batch_.Receive(sockets_[place], queues_.turn(), queues_.Admitted(place)));
    }
    if (batch_.received() > 0) Flush();
  }

 private:
  void Flush() {
    const bool timed = flushes_++ % kTimedEvery == 0;
    const MonotonicTime start = timed ? SystemClock().Now() : MonotonicTime();
    responder_.BeginBatch();
    batch_.Answer(responder_);
    const auto received = static_cast<uint64_t>(batch_.received());
    const auto answers = static_cast<uint64_t>(batch_.answers());
    const auto sent = static_cast<uint64_t>(batch_.Send(sender_));
    if (sent < answers) counters_.CountDrop(DropReason::kNotSent, answers - sent);
    if (timed) CountTime(start, sent);
    Statistics::Add(statistics_.udp_answers, sent);
    Statistics::Add(statistics_.udp_dropped, received - sent);
  }

  void CountTime(MonotonicTime start, uint64_t sent) {
    const MonotonicTime now = SystemClock().Now();
    counters_.durations.Add(now - start, sent);
    if (now < unread_at_ + kUnreadEvery) return;
    unread_at_ = now;
    uint64_t unread = 0;
    for (const int socket : sockets_) unread += UnreadDatagrams(socket);
    counters_.drops[static_cast<size_t>(DropReason::kUnread)].Set(unread);
  }

  Statistics& statistics_;
  const std::span<const int> sockets_;
  const int sender_;
  UdpBatch batch_;
  Responder responder_;
  AnswerCounters& counters_;
  FairQueues queues_;
  uint32_t flushes_ = 0;
  MonotonicTime unread_at_{};  // when the kernel was asked last
};

}  // namespace

struct UdpServer::Impl {
  Impl(const UdpOptions& options_in, Backend& backend_in)
      : options(options_in), backend(backend_in) {}
  ~Impl() {
    stopping = true;
    const uint64_t one = 1;
    if (stop_fd >= 0) CHECK(write(stop_fd, &one, sizeof(one)) == sizeof(one));
    for (std::thread& thread : threads) thread.join();
    for (int socket : sockets) close(socket);
    for (int socket : senders) close(socket);
    if (stop_fd >= 0) close(stop_fd);
  }

  absl::Status Bind();
  absl::Status AddSocket();
  absl::Status AddSender();
  // Answers go out by the sockets that get the queries.
  void SendBySockets();
  void Serve(size_t thread);

  const UdpOptions options;
  Backend& backend;
  SocketAddress address;
  std::atomic<bool> stopping{false};
  int stop_fd = -1;          // readable once the threads shall end: wakes those that sleep
  std::vector<int> sockets;  // queues_per_thread for each thread, in order of binding
  // One for each thread, behind the last that gets datagrams. Everything a socket sends wakes who
  // waits for it in an epoll set, which costs a twentieth of an answer.
  std::vector<int> senders;
  std::vector<std::thread> threads;
};

absl::Status UdpServer::Impl::AddSocket() {
  const bool first = sockets.empty();
  ASSIGN_OR_RETURN(const int fd, OpenUdpSocket({.address = first ? options.address : address,
                                                .shared = !first,
                                                .receive_buffer_bytes = options.queue_bytes}));
  sockets.push_back(fd);
  FilterSilence(fd).IgnoreError();  // what it drops is dropped later all the same
  if (!first) return absl::OkStatus();
  address = LocalAddress(fd);
  return ShareUdpSocket(fd);
}

absl::Status UdpServer::Impl::AddSender() {
  ASSIGN_OR_RETURN(
      const int fd,
      OpenUdpSocket({.address = address, .shared = true, .send_buffer_bytes = kSendBufferBytes}));
  senders.push_back(fd);
  return absl::OkStatus();
}

void UdpServer::Impl::SendBySockets() {
  for (const int socket : sockets) SetSendBuffer(socket, kSendBufferBytes);
}

absl::Status UdpServer::Impl::Bind() {
  stop_fd = eventfd(0, EFD_CLOEXEC);
  if (stop_fd < 0) return Unavailable("eventfd: {}", std::strerror(errno));
  const int count = options.threads * options.queues_per_thread;
  for (int i = 0; i < count; ++i) RETURN_IF_ERROR(AddSocket());
  if (count == 1) {
    SendBySockets();
    return absl::OkStatus();
  }
  const absl::Status spread =
      SpreadSources(sockets[0], address.ip.is_v4(), static_cast<uint32_t>(count),
                    static_cast<uint32_t>(RandomU64()));
  if (!spread.ok()) {
    // The kernel then spreads clients by address and port, which serves but isolates nobody.
    LogError("floods are not kept apart: {}", Message(spread));
    SendBySockets();
    return absl::OkStatus();
  }
  for (int i = 0; i < options.threads; ++i) RETURN_IF_ERROR(AddSender());
  return absl::OkStatus();
}

void UdpServer::Impl::Serve(size_t thread) {
  const auto each = static_cast<size_t>(options.queues_per_thread);
  const std::span<const int> own = std::span(sockets).subspan(thread * each, each);
  const int sender = senders.empty() ? own[0] : senders[thread];
  const auto worker = std::make_unique<Worker>(backend, own, sender, stop_fd, options.queue_bytes,
                                               IsUnspecified(address.ip));
  while (!stopping.load(std::memory_order_relaxed)) worker->Round();
}

UdpServer::UdpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpServer::~UdpServer() = default;
SocketAddress UdpServer::address() const {
  return impl_->address;
}

uint64_t UdpServer::unread() const {
  uint64_t total = 0;
  for (const int socket : impl_->sockets) total += UnreadDatagrams(socket);
  return total;
}

absl::StatusOr<std::unique_ptr<UdpServer>> UdpServer::Bind(const UdpOptions& options,
                                                           Backend& backend) {
  if (options.threads < 1 || options.threads > 64) {
    return InvalidArgument("expected 1 to 64 UDP threads, got {}", options.threads);
  }
  if (options.queues_per_thread < 1 || options.queues_per_thread > 64) {
    return InvalidArgument("expected 1 to 64 queues a thread, got {}", options.queues_per_thread);
  }
  auto impl = std::make_unique<Impl>(options, backend);
  RETURN_IF_ERROR(impl->Bind());
  return std::unique_ptr<UdpServer>(new UdpServer(std::move(impl)));
}

void UdpServer::Start() {
  for (size_t i = 0; i < static_cast<size_t>(impl_->options.threads); ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), i] { impl->Serve(i); });
  }
}

}  // namespace terrella::dns

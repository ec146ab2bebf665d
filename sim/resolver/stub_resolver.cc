#include "sim/resolver/stub_resolver.h"

#include <netinet/in.h>

#include <array>

#include "base/check.h"
#include "base/status.h"

namespace terrella::sim {

struct StubResolver::Pending {
  DnsQuestion question;
  std::string message;
  Callback callback;
  int tries_left;
  std::unique_ptr<Timer> timer;
};

struct StubResolver::Socket {
  uv_udp_t udp;
  StubResolver* owner;
  std::array<char, 4096> buffer;
};

StubResolver::StubResolver(EventLoop& loop, const StubResolverOptions& options)
    : loop_(loop), options_(options) {
  FillRandom(&next_id_, sizeof next_id_);
}

absl::StatusOr<std::unique_ptr<StubResolver>> StubResolver::Create(
    EventLoop& loop, const StubResolverOptions& options) {
  if (!options.server.ip.is_v4()) return InvalidArgument("a DNS server needs an IPv4 address here");
  std::unique_ptr<StubResolver> out(new StubResolver(loop, options));
  auto* socket = new Socket{{}, out.get(), {}};
  CHECK(uv_udp_init(loop.uv(), &socket->udp) == 0);
  socket->udp.data = socket;
  out->socket_ = socket;
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(options.server.port);
  server.sin_addr.s_addr = htonl(options.server.ip.v4());
  int error = uv_udp_connect(&socket->udp, reinterpret_cast<sockaddr*>(&server));
  if (error == 0) {
    error = uv_udp_recv_start(
        &socket->udp,
        [](uv_handle_t* handle, size_t, uv_buf_t* out_buffer) {
          auto& buffer = static_cast<Socket*>(handle->data)->buffer;
          *out_buffer = uv_buf_init(buffer.data(), buffer.size());
        },
        [](uv_udp_t* handle, ssize_t n, const uv_buf_t* buffer, const sockaddr* from, unsigned) {
          auto* self = static_cast<Socket*>(handle->data);
          if (n > 0 && from != nullptr && self->owner != nullptr) {
            self->owner->OnDatagram({buffer->base, static_cast<size_t>(n)});
          }
        });
  }
  if (error != 0)
    return Unavailable("cannot talk to DNS at {}: {}", options.server.ToString(),
                       uv_strerror(error));
  return out;
}

StubResolver::~StubResolver() {
  if (socket_ == nullptr) return;
  socket_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_->udp),
           [](uv_handle_t* handle) { delete static_cast<Socket*>(handle->data); });
}

void StubResolver::Resolve(std::string_view name, const IpPrefix& subnet, Callback callback) {
  Ask({.name = std::string(name), .subnet = subnet}, std::move(callback));
}

void StubResolver::ResolveTexts(std::string_view name, const IpPrefix& subnet, Callback callback) {
  Ask({.name = std::string(name), .subnet = subnet, .texts = true}, std::move(callback));
}

void StubResolver::Ask(DnsQuestion question, Callback callback) {
  auto pending = std::make_unique<Pending>();
  absl::Status error;
  if (pending_.size() >= options_.outstanding_max) {
    error = ResourceExhausted("more than {} DNS questions are waiting", options_.outstanding_max);
  }
  while (pending_.contains(next_id_)) ++next_id_;
  uint16_t id = next_id_++;
  question.id = id;
  pending->question = std::move(question);
  absl::StatusOr<std::string> message = EncodeDnsQuestion(pending->question);
  if (error.ok()) error = message.status();
  if (error.ok()) pending->message = *std::move(message);
  pending->callback = std::move(callback);
  pending->tries_left = options_.tries;
  pending->timer = std::make_unique<Timer>(loop_, [this, id, error] {
    if (error.ok()) {
      Try(id);
    } else {
      Finish(id, error);
    }
  });
  Timer& timer = *pending->timer;
  pending_.emplace(id, std::move(pending));
  if (error.ok()) {
    Try(id);
  } else {
    timer.Start(Duration(0));
  }
}

void StubResolver::Try(uint16_t id) {
  Pending& pending = *pending_.at(id);
  if (pending.tries_left-- == 0) {
    Finish(id, DeadlineExceeded("no answer from DNS at {} for {}", options_.server.ToString(),
                                pending.question.name));
    return;
  }
  uv_buf_t buffer =
      uv_buf_init(pending.message.data(), static_cast<unsigned>(pending.message.size()));
  // A full socket buffer or a refused port shows as a missing answer, as it would on the Internet.
  (void)uv_udp_try_send(&socket_->udp, &buffer, 1, nullptr);
  pending.timer->Start(options_.try_timeout);
}

void StubResolver::OnDatagram(std::string_view message) {
  if (message.size() < 2) return;
  auto id = static_cast<uint16_t>(static_cast<unsigned char>(message[0]) << 8 |
                                  static_cast<unsigned char>(message[1]));
  auto found = pending_.find(id);
  if (found == pending_.end()) return;
  absl::StatusOr<DnsAnswer> answer = ParseDnsAnswer(message, found->second->question);
  if (!answer.ok()) return;  // not from our server, or garbled: the next try decides
  if (answer->truncated) {
    Finish(id, Unavailable("the answer for {} was truncated", found->second->question.name));
  } else {
    Finish(id, std::move(answer));
  }
}

void StubResolver::Finish(uint16_t id, absl::StatusOr<DnsAnswer> answer) {
  auto node = pending_.extract(id);
  node.mapped()->callback(std::move(answer));
}

}  // namespace terrella::sim

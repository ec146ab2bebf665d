// FakeDns: a DNS server for tests that answers every A question with one address, or not at all.
#pragma once

#include <netinet/in.h>

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/tcp.h"

namespace terrella::sim {

class FakeDns {
 public:
  explicit FakeDns(EventLoop& loop) : socket_(new Socket) {
    socket_->owner = this;
    CHECK(uv_udp_init(loop.uv(), &socket_->udp) == 0);
    socket_->udp.data = socket_;
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(uv_udp_bind(&socket_->udp, reinterpret_cast<sockaddr*>(&any), 0) == 0);
    CHECK(uv_udp_recv_start(&socket_->udp, Allocate, Receive) == 0);
  }
  ~FakeDns() {
    socket_->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&socket_->udp),
             [](uv_handle_t* handle) { delete static_cast<Socket*>(handle->data); });
  }

  SocketAddress address() const {
    sockaddr_in at{};
    int size = sizeof at;
    CHECK(uv_udp_getsockname(&socket_->udp, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    return {IpAddress::V4(ntohl(at.sin_addr.s_addr)), ntohs(at.sin_port)};
  }

  std::optional<IpAddress> answer;  // nothing: silence
  uint8_t ttl_s = 5;
  int questions = 0;
  int ignore_first = 0;

 private:
  struct Socket {
    uv_udp_t udp;
    FakeDns* owner;
    std::array<char, 2048> buffer;
  };

  static void Allocate(uv_handle_t* handle, size_t, uv_buf_t* out) {
    auto& buffer = static_cast<Socket*>(handle->data)->buffer;
    *out = uv_buf_init(buffer.data(), buffer.size());
  }
  static void Receive(uv_udp_t* handle, ssize_t n, const uv_buf_t* buffer, const sockaddr* from,
                      unsigned) {
    FakeDns* self = static_cast<Socket*>(handle->data)->owner;
    if (n < 17 || from == nullptr || self == nullptr) return;
    if (++self->questions <= self->ignore_first || !self->answer) return;
    std::string query(buffer->base, static_cast<size_t>(n));
    size_t name_end = query.find('\0', 12);
    std::string reply =
        query.substr(0, 2) + std::string("\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00", 10);
    reply += query.substr(12, name_end + 5 - 12);
    reply +=
        std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00", 9) + static_cast<char>(self->ttl_s);
    reply += std::string("\x00\x04", 2);
    for (int i = 0; i < 4; ++i)
      reply += static_cast<char>(self->answer->bytes()[static_cast<size_t>(i)]);
    uv_buf_t out = uv_buf_init(reply.data(), static_cast<unsigned>(reply.size()));
    uv_udp_try_send(handle, &out, 1, from);
  }

  Socket* socket_;
};

}  // namespace terrella::sim

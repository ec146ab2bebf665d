// Plain blocking sockets for tests of the servers, with a timeout that only a failure meets.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/check.h"
#include "base/tcp.h"

namespace terrella::dns::testing {

class Socket {
 public:
  // `receive_buffer_bytes`: 0 for the system's choice.
  Socket(int type, const SocketAddress& to, int receive_buffer_bytes = 0)
      : fd_(socket(AF_INET, type, 0)) {
    CHECK(fd_ >= 0);
    if (receive_buffer_bytes > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
    }
    const timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(to.ip.v4());
    CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;

  bool Send(std::string_view bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // One datagram, or what has arrived of a stream; empty at the end, on an error and after 10 s.
  std::string Receive() {
    char buffer[65536];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }
  // Exactly `size` bytes of a stream; fewer when it ends.
  std::string ReceiveExactly(size_t size) {
    std::string out(size, '\0');
    const ssize_t n = recv(fd_, out.data(), size, MSG_WAITALL);
    out.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return out;
  }
  // One message with its length in front; empty when the stream ends.
  std::string ReceiveMessage() {
    const std::string length = ReceiveExactly(2);
    if (length.size() < 2) return {};
    return ReceiveExactly(static_cast<size_t>(static_cast<uint8_t>(length[0]) << 8 |
                                              static_cast<uint8_t>(length[1])));
  }
  void ShutdownWrite() { shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

inline std::string Framed(std::string_view message) {
  std::string out{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())};
  return out.append(message);
}

}  // namespace terrella::dns::testing

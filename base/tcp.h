// TcpListener and TcpConnection: non-blocking TCP on an EventLoop, with back-pressure both ways.
//
// A connection is owned by whoever reads it. Destroying it closes the socket at once (unsent bytes
// are lost) and no callback follows; CloseGracefully sends what is queued first and then lingers,
// so that a peer still sending does not lose our last bytes to a reset (RFC 9112 section 9.6).
//
// Thread: the loop's. Invariants: after OnError no further callback is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/byte_stream.h"
#include "base/event_loop.h"
#include "base/ip_address.h"

namespace terrella {

struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;
  std::string ToString() const;  // 127.0.0.1:80, [::1]:80
  // "HOST:PORT" with a literal address.
  static absl::StatusOr<SocketAddress> Parse(std::string_view text);
  auto operator<=>(const SocketAddress&) const = default;
};

class TcpConnection final : public ByteStream {
 public:
  // Dials `to`, from `source` when given (source.port 0: any). `connected` is called once, later,
  // with OK or the reason; destroy the connection to give up.
  static std::unique_ptr<TcpConnection> Connect(EventLoop& loop, const SocketAddress& to,
                                                const SocketAddress* source,
                                                std::function<void(absl::Status)> connected);
  ~TcpConnection() override;

  void set_observer(Observer* observer) override;
  void StartReading() override;
  void PauseReading() override;
  bool reading() const override;
  // At once as far as the socket takes them; the rest is copied and queued.
  void Write(std::string_view first, std::string_view second = {}) override;
  size_t write_queue_bytes() const override;
  void ShutdownWrite() override;
  void Linger() override;
  // With RST.
  void Break() override;

  // Flushes the queue, sends FIN, discards input until the peer closes. Ends when within one
  // `linger` the peer neither took bytes nor closed.
  static void CloseGracefully(std::unique_ptr<TcpConnection> connection,
                              Duration linger = std::chrono::seconds(2));
  // Breaks it.
  static void Reset(std::unique_ptr<TcpConnection> connection) { connection->Break(); }

  SocketAddress local_address() const;
  SocketAddress peer_address() const;

 private:
  friend class TcpListener;
  struct Handle;
  explicit TcpConnection(Handle* handle);
  Handle* handle_;  // frees itself after libuv has closed it; null after Break
};

class TcpListener {
 public:
  struct Options {
    SocketAddress address;  // port 0 picks a free one
    int backlog = 511;
    bool reuse_port = false;  // several shards of one process share the port
  };
  using AcceptCallback = std::function<void(std::unique_ptr<TcpConnection>)>;

  static absl::StatusOr<std::unique_ptr<TcpListener>> Listen(EventLoop& loop,
                                                             const Options& options,
                                                             AcceptCallback on_accept);
  // Stops accepting and frees the port.
  ~TcpListener();
  SocketAddress address() const;

 private:
  struct Handle;
  explicit TcpListener(Handle* handle) : handle_(handle) {}
  Handle* handle_;
};

}  // namespace terrella

#include "base/tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/read_buffer.h"
#include "base/sockaddr.h"
#include "base/status.h"

namespace terrella {
namespace {

// A message of 64 KiB comes in one piece, with its head.

absl::Status UvError(std::string_view what, int error) {
  auto code = error == UV_EADDRINUSE || error == UV_EADDRNOTAVAIL || error == UV_EACCES
                  ? absl::StatusCode::kFailedPrecondition
                  : absl::StatusCode::kUnavailable;
  return MakeStatus(code, "{}: {}", what, uv_strerror(error));
}

void AllocateRead(uv_handle_t*, size_t, uv_buf_t* out) {
  *out = uv_buf_init(ReadBuffer::Current(), ReadBuffer::kBytes);
}

struct WriteRequest {
  uv_write_t request;
  std::string bytes;
};

}  // namespace

std::string SocketAddress::ToString() const {
  return ip.is_v4() ? fmt::format("{}:{}", ip.ToString(), port)
                    : fmt::format("[{}]:{}", ip.ToString(), port);
}

absl::StatusOr<SocketAddress> SocketAddress::Parse(std::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return InvalidArgument("'{}' is not ADDRESS:PORT", text);
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  SocketAddress out;
  ASSIGN_OR_RETURN(out.ip, IpAddress::Parse(host));
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return InvalidArgument("'{}' has a bad port; expected 0 to 65535", text);
  }
  return out;
}

struct TcpConnection::Handle final : SocketHandle {
  explicit Handle(EventLoop& loop_in) : loop(loop_in) {
    CHECK(uv_tcp_init(loop.uv(), &tcp) == 0);
    tcp.data = static_cast<SocketHandle*>(this);
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  static Handle* Of(void* handle) {
    return static_cast<Handle*>(
        static_cast<SocketHandle*>(static_cast<uv_handle_t*>(handle)->data));
  }

  void CloseNow() override { Close(); }

  void Close() {
    observer = nullptr;
    connected = nullptr;
    linger_timer.reset();
    auto* handle = reinterpret_cast<uv_handle_t*>(&tcp);
    if (uv_is_closing(handle)) return;
    uv_close(handle, [](uv_handle_t* closed) { delete Of(closed); });
  }

  void Fail(int error, std::string_view what) {
    uv_read_stop(stream());
    reading = false;
    if (Observer* o = observer) {
      observer = nullptr;
      o->OnError(UvError(what, error));
    } else if (detached) {
      Close();
    }
  }

  static void OnUvRead(uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
    Handle* self = Of(stream);
    if (n > 0) {
      if (self->observer != nullptr) {
        self->observer->OnRead({buffer->base, static_cast<size_t>(n)});
      }
    } else if (n == UV_EOF) {
      uv_read_stop(stream);
      self->reading = false;
      if (self->observer != nullptr) {
        self->observer->OnReadEof();
      } else if (self->detached) {
        self->saw_eof = true;
        if (self->flushed) self->Close();
      }
    } else if (n < 0) {
      self->Fail(static_cast<int>(n), "read");
    }
  }

  void Linger(Duration linger) {
    observer = nullptr;
    detached = true;
    auto* request = new uv_shutdown_t;
    int error = uv_shutdown(request, stream(), [](uv_shutdown_t* done, int status) {
      Handle* self = Of(done->handle);
      delete done;
      if (status == UV_ECANCELED) return;
      self->flushed = true;
      if (status < 0 || self->saw_eof) self->Close();
    });
    if (error != 0) {
      delete request;
      Close();
      return;
    }
    linger_timer = std::make_unique<Timer>(loop, [this, linger] { OnLingerTimer(linger); });
    unsent_bytes = stream()->write_queue_size;
    linger_timer->Start(linger);
    if (!reading && uv_read_start(stream(), AllocateRead, OnUvRead) != 0) Close();
  }

  // A peer that keeps taking bytes of the queue keeps the connection; after the flush it has one
  // `linger`.
  void OnLingerTimer(Duration linger) {
    size_t unsent = stream()->write_queue_size;
    if (unsent == unsent_bytes) return Close();
    unsent_bytes = unsent;
    linger_timer->Start(linger);
  }

  EventLoop& loop;
  uv_tcp_t tcp;
  Observer* observer = nullptr;
  std::function<void(absl::Status)> connected;
  std::unique_ptr<Timer> linger_timer;
  bool reading = false;
  bool detached = false;  // the owner is gone; lingering
  bool flushed = false;
  bool saw_eof = false;
  size_t unsent_bytes = 0;  // while lingering: at the last timer
};

TcpConnection::TcpConnection(Handle* handle) : handle_(handle) {}

TcpConnection::~TcpConnection() {
  if (handle_ != nullptr) handle_->Close();
}

std::unique_ptr<TcpConnection> TcpConnection::Connect(EventLoop& loop, const SocketAddress& to,
                                                      const SocketAddress* source,
                                                      std::function<void(absl::Status)> connected) {
  auto* handle = new Handle(loop);
  std::unique_ptr<TcpConnection> out(new TcpConnection(handle));
  handle->connected = std::move(connected);
  int error = 0;
  if (source != nullptr) {
    sockaddr_storage from;
    ToSockaddr(*source, from);
    error = uv_tcp_bind(&handle->tcp, reinterpret_cast<sockaddr*>(&from), 0);
  }
  auto finish = [](Handle* self, int status, std::string_view what) {
    auto callback = std::move(self->connected);
    self->connected = nullptr;
    if (callback) callback(status == 0 ? absl::OkStatus() : UvError(what, status));
  };
  if (error == 0) {
    uv_tcp_nodelay(&handle->tcp, 1);
    sockaddr_storage address;
    ToSockaddr(to, address);
    auto* request = new uv_connect_t;
    error =
        uv_tcp_connect(request, &handle->tcp, reinterpret_cast<sockaddr*>(&address),
                       [](uv_connect_t* done, int status) {
                         Handle* self = Handle::Of(done->handle);
                         delete done;
                         if (status == UV_ECANCELED) return;
                         auto callback = std::move(self->connected);
                         self->connected = nullptr;
                         if (callback)
                           callback(status == 0 ? absl::OkStatus() : UvError("connect", status));
                       });
    if (error != 0) delete request;
  }
  if (error != 0) {
    // Report later, so that the caller holds the connection when it hears of it.
    handle->linger_timer = std::make_unique<Timer>(
        loop, [handle, error, finish] { finish(handle, error, "connect"); });
    handle->linger_timer->Start(Duration(0));
  }
  return out;
}

void TcpConnection::set_observer(Observer* observer) {
  handle_->observer = observer;
}

void TcpConnection::StartReading() {
  if (handle_->reading) return;
  int error = uv_read_start(handle_->stream(), AllocateRead, Handle::OnUvRead);
  if (error == 0) handle_->reading = true;
}

void TcpConnection::PauseReading() {
  uv_read_stop(handle_->stream());
  handle_->reading = false;
}

bool TcpConnection::reading() const {
  return handle_->reading;
}

void TcpConnection::Write(std::string_view first, std::string_view second) {
  if (first.empty() && second.empty()) return;
  if (handle_->stream()->write_queue_size == 0) {
    uv_buf_t buffers[2] = {
        uv_buf_init(const_cast<char*>(first.data()), static_cast<unsigned>(first.size())),
        uv_buf_init(const_cast<char*>(second.data()), static_cast<unsigned>(second.size()))};
    int n = uv_try_write(handle_->stream(), buffers, second.empty() ? 1 : 2);
    size_t sent = n > 0 ? static_cast<size_t>(n) : 0;
    size_t of_first = std::min(sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent - of_first);
    if (first.empty() && second.empty()) return;
  }
  auto* write = new WriteRequest;
  write->bytes.reserve(first.size() + second.size());
  write->bytes.append(first).append(second);
  uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  int error =
      uv_write(&write->request, handle_->stream(), &buffer, 1, [](uv_write_t* done, int status) {
        auto* finished = reinterpret_cast<WriteRequest*>(done);
        Handle* self = Handle::Of(done->handle);
        delete finished;
        if (status == UV_ECANCELED) return;
        if (status < 0) {
          self->Fail(status, "write");
        } else if (self->observer != nullptr && self->stream()->write_queue_size == 0) {
          self->observer->OnWriteDrained();
        }
      });
  if (error != 0) delete write;  // the socket is closing; its reader hears of it
}

size_t TcpConnection::write_queue_bytes() const {
  return handle_->stream()->write_queue_size;
}

void TcpConnection::ShutdownWrite() {
  auto* request = new uv_shutdown_t;
  int error =
      uv_shutdown(request, handle_->stream(), [](uv_shutdown_t* done, int) { delete done; });
  if (error != 0) delete request;
}

void TcpConnection::CloseGracefully(std::unique_ptr<TcpConnection> connection, Duration linger) {
  Handle* handle = connection->handle_;
  connection->handle_ = nullptr;
  handle->Linger(linger);
}

void TcpConnection::Linger() {
  std::exchange(handle_, nullptr)->Linger(std::chrono::seconds(2));
}

void TcpConnection::Break() {
  Handle* handle = std::exchange(handle_, nullptr);
  handle->observer = nullptr;
  handle->connected = nullptr;
  if (uv_tcp_close_reset(&handle->tcp, [](uv_handle_t* closed) { delete Handle::Of(closed); }) !=
      0) {
    handle->Close();
  }
}

SocketAddress TcpConnection::local_address() const {
  sockaddr_storage storage{};
  int length = sizeof storage;
  uv_tcp_getsockname(&handle_->tcp, reinterpret_cast<sockaddr*>(&storage), &length);
  return FromSockaddr(storage);
}

SocketAddress TcpConnection::peer_address() const {
  sockaddr_storage storage{};
  int length = sizeof storage;
  uv_tcp_getpeername(&handle_->tcp, reinterpret_cast<sockaddr*>(&storage), &length);
  return FromSockaddr(storage);
}

struct TcpListener::Handle final : SocketHandle {
  Handle(EventLoop& loop_in, AcceptCallback callback)
      : loop(&loop_in), on_accept(std::move(callback)) {}

  EventLoop* loop;
  uv_tcp_t tcp;
  AcceptCallback on_accept;

  static Handle* Of(void* handle) {
    return static_cast<Handle*>(
        static_cast<SocketHandle*>(static_cast<uv_handle_t*>(handle)->data));
  }
  void CloseNow() override { Close(); }
  void Close() {
    on_accept = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&tcp), [](uv_handle_t* closed) { delete Of(closed); });
  }
  static void OnConnection(uv_stream_t* server, int status) {
    Handle* self = Of(server);
    if (status < 0 || !self->on_accept) return;
    auto* accepted = new TcpConnection::Handle(*self->loop);
    std::unique_ptr<TcpConnection> connection(new TcpConnection(accepted));
    if (uv_accept(server, accepted->stream()) != 0) return;
    uv_tcp_nodelay(&accepted->tcp, 1);
    self->on_accept(std::move(connection));
  }
};

absl::StatusOr<std::unique_ptr<TcpListener>> TcpListener::Listen(EventLoop& loop,
                                                                 const Options& options,
                                                                 AcceptCallback on_accept) {
  auto* handle = new Handle(loop, std::move(on_accept));
  sockaddr_storage address;
  ToSockaddr(options.address, address);
  CHECK(uv_tcp_init_ex(loop.uv(), &handle->tcp, address.ss_family) == 0);
  handle->tcp.data = static_cast<SocketHandle*>(handle);
  if (options.reuse_port) {
    uv_os_fd_t fd;
    int on = 1;
    CHECK(uv_fileno(reinterpret_cast<uv_handle_t*>(&handle->tcp), &fd) == 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  int error = uv_tcp_bind(&handle->tcp, reinterpret_cast<sockaddr*>(&address), 0);
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(&handle->tcp), options.backlog,
                      Handle::OnConnection);
  }
  if (error != 0) {
    handle->Close();
    return UvError(fmt::format("cannot listen on {}", options.address.ToString()), error);
  }
  return std::unique_ptr<TcpListener>(new TcpListener(handle));
}

TcpListener::~TcpListener() {
  handle_->Close();
}

SocketAddress TcpListener::address() const {
  sockaddr_storage storage{};
  int length = sizeof storage;
  uv_tcp_getsockname(&handle_->tcp, reinterpret_cast<sockaddr*>(&storage), &length);
  return FromSockaddr(storage);
}

}  // namespace terrella

#include "dns_router/server/tcp_server.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/status.h"

namespace terrella::dns {

class TcpServer::Impl {
 public:
  Impl(const TcpLimits& limits, const SnapshotCell& cell, const ServerIdentity& identity,
       Statistics& statistics)
      : limits_(limits), reader_(cell), identity_(identity), statistics_(statistics) {}
  ~Impl() {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
    connections_.clear();
    listener_.reset();
  }

  absl::Status Listen(const SocketAddress& address) {
    ASSIGN_OR_RETURN(listener_, TcpListener::Listen(loop_, {.address = address},
                                                    [this](auto c) { Accept(std::move(c)); }));
    return absl::OkStatus();
  }
  void Start() {
    thread_ = std::thread([this] { loop_.Run(); });
  }
  SocketAddress address() const { return listener_->address(); }

 private:
  class Connection;
  void Accept(std::unique_ptr<TcpConnection> socket);
  void Remove(Connection* connection, bool graceful);

  const TcpLimits limits_;
  SnapshotReader reader_;
  const ServerIdentity& identity_;
  Statistics& statistics_;
  EventLoop loop_;
  std::unique_ptr<TcpListener> listener_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  std::map<IpAddress, size_t> per_client_;
  std::array<uint8_t, kTcpMessageBytesMax> answer_;  // of the query being answered
  std::thread thread_;
};

// One client. It ends itself through its timer when it cannot at once, so that it is never
// destroyed under a callback that does not allow it.
class TcpServer::Impl::Connection final : public TcpConnection::Observer {
 public:
  Connection(Impl& server, std::unique_ptr<TcpConnection> socket)
      : server_(server),
        socket_(std::move(socket)),
        client_(socket_->peer_address().ip),
        started_(server.loop_.Now()),
        last_query_(started_),
        timer_(server.loop_, [this] { OnTimer(); }) {
    socket_->set_observer(this);
    socket_->StartReading();
    timer_.StartAt(Deadline());
  }

  const IpAddress& client() const { return client_; }
  std::unique_ptr<TcpConnection> TakeSocket() { return std::move(socket_); }

  void OnRead(std::string_view bytes) override {
    input_ += bytes;
    Process();
  }
  void OnReadEof() override {
    at_eof_ = true;
    Process();
  }
  void OnWriteDrained() override {
    Process();
    if (!ending_ && !at_eof_) socket_->StartReading();
  }
  void OnError(const absl::Status&) override { server_.Remove(this, /*graceful=*/false); }

 private:
  MonotonicTime Deadline() const {
    return std::min(last_query_ + server_.limits_.idle, started_ + server_.limits_.total);
  }

  void OnTimer() {
    if (!ending_ && server_.loop_.Now() < Deadline()) {
      timer_.StartAt(Deadline());  // queries have come since it was started
      return;
    }
    if (!ending_) Statistics::Add(server_.statistics_.tcp_closed_by_deadline);
    server_.Remove(this, graceful_);
  }

  // Ends the connection from the loop, soon.
  void End(bool graceful) {
    ending_ = true;
    graceful_ = graceful;
    socket_->PauseReading();
    timer_.Start(Duration::zero());
  }

  // Answers the whole queries there are, as long as the client takes the answers.
  void Process() {
    if (ending_) return;
    bool more = true;
    while (more && socket_->write_queue_bytes() == 0) more = AnswerSome();
    if (ending_) return;
    if (socket_->write_queue_bytes() > 0) {
      socket_->PauseReading();  // until OnWriteDrained
    } else if (at_eof_) {
      End(/*graceful=*/true);
    }
  }

  // Answers what is in the input, up to the limit of unsent bytes. True when there may be more to
  // answer.
  bool AnswerSome() {
    const TcpLimits& limits = server_.limits_;
    std::string output;
    size_t used = 0;
    bool more = true, malformed = false;
    while (output.size() < limits.unsent_bytes_max) {
      const std::string_view rest = std::string_view(input_).substr(used);
      const size_t size = rest.size() < 2 ? 0
                                          : size_t{static_cast<uint8_t>(rest[0])} << 8 |
                                                static_cast<uint8_t>(rest[1]);
      malformed = rest.size() >= 2 && (size < kHeaderBytes || size > limits.query_bytes_max);
      more = rest.size() >= 2 + size && rest.size() >= 2 && !malformed;
      if (!more) break;
      AnswerOne(rest.substr(2, size), output);
      used += 2 + size;
    }
    input_.erase(0, used);
    if (used > 0) last_query_ = server_.loop_.Now();
    if (!output.empty()) socket_->Write(output);
    if (malformed) End(/*graceful=*/true);  // what follows cannot be told apart any more
    return more;
  }

  void AnswerOne(std::string_view query, std::string& output) {
    const AnswerContext context{
        .identity = &server_.identity_,
        .transport = Transport::kTcp,
        .client = client_,
        .keepalive_100ms =
            static_cast<uint16_t>(server_.limits_.idle / std::chrono::milliseconds(100)),
    };
    const size_t size = Answer(query, server_.reader_.Current(), context, server_.answer_);
    if (size == 0) return;
    output.push_back(static_cast<char>(size >> 8));
    output.push_back(static_cast<char>(size));
    output.append(reinterpret_cast<const char*>(server_.answer_.data()), size);
    Statistics::Add(server_.statistics_.tcp_answers);
  }

  Impl& server_;
  std::unique_ptr<TcpConnection> socket_;
  const IpAddress client_;
  const MonotonicTime started_;
  MonotonicTime last_query_;
  std::string
      input_;  // not answered yet: less than one query, or what waits for the client to read
  bool at_eof_ = false;
  bool ending_ = false;
  bool graceful_ = false;
  Timer timer_;
};

void TcpServer::Impl::Accept(std::unique_ptr<TcpConnection> socket) {
  size_t& of_client = per_client_[socket->peer_address().ip];
  if (connections_.size() >= limits_.connections_max ||
      of_client >= limits_.connections_per_client_max) {
    if (of_client == 0) per_client_.erase(socket->peer_address().ip);
    Statistics::Add(statistics_.tcp_refused_connections);
    TcpConnection::Reset(std::move(socket));
    return;
  }
  ++of_client;
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void TcpServer::Impl::Remove(Connection* connection, bool graceful) {
  const auto client = per_client_.find(connection->client());
  CHECK(client != per_client_.end() && client->second > 0);
  if (--client->second == 0) per_client_.erase(client);
  if (graceful) TcpConnection::CloseGracefully(connection->TakeSocket());
  connections_.erase(connection);
}

TcpServer::TcpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpServer::~TcpServer() = default;
void TcpServer::Start() {
  impl_->Start();
}
SocketAddress TcpServer::address() const {
  return impl_->address();
}

absl::StatusOr<std::unique_ptr<TcpServer>> TcpServer::Listen(const SocketAddress& address,
                                                             const TcpLimits& limits,
                                                             const SnapshotCell& cell,
                                                             const ServerIdentity& identity,
                                                             Statistics& statistics) {
  auto impl = std::make_unique<Impl>(limits, cell, identity, statistics);
  RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<TcpServer>(new TcpServer(std::move(impl)));
}

}  // namespace terrella::dns

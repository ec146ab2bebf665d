#include "dns_router/server/tcp_server.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "base/client_table.h"
#include "base/event_loop.h"
#include "base/status.h"
#include "dns_router/server/responder.h"
#include "http/tls/stream.h"

namespace terrella::dns {

class TcpServer::Impl {
 public:
  Impl(const TcpLimits& limits, Backend& backend, std::shared_ptr<const http::ServerTls> tls)
      : limits_(limits),
        tls_(std::move(tls)),
        responder_(backend, tls_ == nullptr ? Transport::kTcp : Transport::kTls,
                   static_cast<uint16_t>(limits.idle / std::chrono::milliseconds(100))),
        statistics_(backend.statistics),
        clients_({.places_max = limits.connections_max,
                  .of_network_max = limits.connections_per_network_max,
                  .held_bytes_max = limits.held_bytes_max}) {}
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
  void CountRefused();
  void Remove(Connection* connection, bool graceful);

  void CountConnections() { responder_.counters().connections.Set(connections_.size()); }

  const TcpLimits limits_;
  const std::shared_ptr<const http::ServerTls> tls_;  // shared with the sessions; null: plain
  Responder responder_;
  Statistics& statistics_;
  EventLoop loop_;
  std::unique_ptr<TcpListener> listener_;
  ClientTable clients_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  std::array<uint8_t, kTcpMessageBytesMax> answer_;  // of the query being answered
  std::thread thread_;
};

// One client. It ends itself through its timer when it cannot at once, so that it is never
// destroyed under a callback that does not allow it.
class TcpServer::Impl::Connection final : public TcpConnection::Observer {
 public:
  Connection(Impl& server, std::unique_ptr<TcpConnection> socket)
      : server_(server),
        client_(socket->peer_address().ip),
        started_(server.loop_.Now()),
        last_query_(started_),
        place_(server.clients_, client_, started_, [this] { MakeRoom(); }),
        timer_(server.loop_, [this] { OnTimer(); }),
        next_message_(server.loop_, [this] { Process(); }) {
    timer_.StartAt(Deadline());
    if (server.tls_ == nullptr) {
      stream_ = std::move(socket);
      Open();
    } else {
      auto tls = http::TlsStream::Accept(
          server.loop_, std::move(socket), server.tls_,
          [this](const absl::Status& status) { status.ok() ? Open() : End(/*graceful=*/false); });
      http::TlsStream* const handshake = tls.get();
      stream_ = std::move(tls);
      handshake->Start({});
    }
  }

  std::unique_ptr<ByteStream> TakeStream() { return std::move(stream_); }

  void OnRead(std::string_view bytes) override {
    if (ending_) return;
    input_ += bytes;
    Process();
  }
  void OnReadEof() override {
    at_eof_ = true;
    Process();
  }
  void OnWriteDrained() override {
    Process();
    // Not when the next answers have to wait in turn: what is read meanwhile would only pile up.
    if (!ending_ && !at_eof_ && transfer_ == nullptr && stream_->write_queue_bytes() == 0) {
      stream_->StartReading();
    }
  }
  void OnError(const absl::Status&) override { server_.Remove(this, /*graceful=*/false); }

 private:
  void Open() {
    if (ending_) return;
    stream_->set_observer(this);
    stream_->StartReading();
  }

  void Used() {
    last_query_ = server_.loop_.Now();
    place_.Asked(last_query_);
  }

  // Another has more right to the place.
  void MakeRoom() {
    server_.CountRefused();
    if (ending_) return;
    input_ = {};
    End(/*graceful=*/false);
  }

  // Keeps account of what waits, and none of the memory of what does not.
  void Account() {
    if (input_.capacity() > kKeptBytes && input_.capacity() / 2 > input_.size()) {
      input_.shrink_to_fit();
    }
    place_.Hold(input_.capacity() + stream_->write_queue_bytes());
    server_.clients_.MakeRoom();
  }

  MonotonicTime Deadline() const {
    return std::min(last_query_ + server_.limits_.idle,
                    transfer_ != nullptr ? transfer_started_ + server_.limits_.transfer
                                         : started_ + server_.limits_.total);
  }

  void OnTimer() {
    if (!ending_ && server_.loop_.Now() < Deadline()) {
      timer_.StartAt(Deadline());  // queries have come since it was started
      return;
    }
    if (!ending_) {
      Statistics::Add(server_.statistics_.tcp_closed_by_deadline);
      server_.responder_.counters().connections_late.Add();
    }
    server_.Remove(this, graceful_);
  }

  // Ends the connection from the loop, soon.
  void End(bool graceful) {
    ending_ = true;
    graceful_ = graceful;
    stream_->PauseReading();
    timer_.Start(Duration::zero());
  }

  void Process() {
    if (ending_) return;
    AnswerAll();
    Account();
  }

  // Answers the whole queries there are, as long as the client takes the answers.
  void AnswerAll() {
    bool more = true;
    while (more && stream_->write_queue_bytes() == 0) {
      more = transfer_ == nullptr ? AnswerSome() : SendOfTransfer();
    }
    if (ending_) return;
    if (stream_->write_queue_bytes() > 0 || transfer_ != nullptr) {
      stream_->PauseReading();  // until OnWriteDrained, or the transfer's end
    } else if (at_eof_) {
      End(/*graceful=*/true);
    }
  }

  // Sends one message; the next ones wait for a turn of the loop. True when it was the last.
  bool SendOfTransfer() {
    server_.responder_.BeginBatch();
    const std::string_view message = transfer_->Next(server_.responder_.now_s());
    const char length[] = {static_cast<char>(message.size() >> 8),
                           static_cast<char>(message.size())};
    stream_->Write({length, sizeof(length)}, message);
    Used();
    if (!transfer_->done()) {
      next_message_.Start(Duration::zero());
      return false;
    }
    transfer_ = nullptr;
    if (!at_eof_) stream_->StartReading();
    return true;
  }

  // Answers what is in the input, up to the limit of unsent bytes. True when there may be more to
  // answer.
  bool AnswerSome() {
    const TcpLimits& limits = server_.limits_;
    const MonotonicTime start = server_.loop_.Now();
    uint64_t answers = 0;
    server_.responder_.BeginBatch();
    std::string output;
    size_t used = 0;
    bool more = true, malformed = false;
    while (output.size() < limits.unsent_bytes_max && transfer_ == nullptr) {
      const std::string_view rest = std::string_view(input_).substr(used);
      const size_t size = rest.size() < 2 ? 0
                                          : size_t{static_cast<uint8_t>(rest[0])} << 8 |
                                                static_cast<uint8_t>(rest[1]);
      malformed = rest.size() >= 2 && (size < kHeaderBytes || size > limits.query_bytes_max);
      more = rest.size() >= 2 + size && rest.size() >= 2 && !malformed;
      if (!more) break;
      AnswerOne(rest.substr(2, size), output);
      ++answers;
      used += 2 + size;  // a transfer that has begun is sent when this is
    }
    input_.erase(0, used);
    if (!output.empty()) stream_->Write(output);
    if (answers > 0) {
      Used();
      server_.responder_.counters().durations.Add(last_query_ - start, answers);
    }
    if (malformed) End(/*graceful=*/true);  // what follows cannot be told apart any more
    return more;
  }

  void AnswerOne(std::string_view query, std::string& output) {
    transfer_ = server_.responder_.BeginTransfer(query, client_);
    if (transfer_ != nullptr) {
      transfer_started_ = server_.loop_.Now();
      return;
    }
    const size_t size = server_.responder_.Answer(query, client_, server_.answer_);
    if (size == 0) return;
    output.push_back(static_cast<char>(size >> 8));
    output.push_back(static_cast<char>(size));
    output.append(reinterpret_cast<const char*>(server_.answer_.data()), size);
    Statistics::Add(server_.statistics_.tcp_answers);
  }

  static constexpr size_t kKeptBytes = 1024;

  Impl& server_;
  std::unique_ptr<ByteStream> stream_;
  const IpAddress client_;
  const MonotonicTime started_;
  MonotonicTime last_query_;
  ClientPlace place_;
  // Not answered yet: less than one query, or what waits for the client to read.
  std::string input_;
  bool at_eof_ = false;
  bool ending_ = false;
  bool graceful_ = false;
  std::unique_ptr<OutgoingTransfer> transfer_;  // null: none runs
  MonotonicTime transfer_started_{};
  Timer timer_;
  Timer next_message_;
};

void TcpServer::Impl::CountRefused() {
  Statistics::Add(statistics_.tcp_refused_connections);
  responder_.counters().connections_refused.Add();
}

void TcpServer::Impl::Accept(std::unique_ptr<TcpConnection> socket) {
  if (!clients_.Admits(socket->peer_address().ip)) {
    CountRefused();
    TcpConnection::Reset(std::move(socket));
    return;
  }
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  clients_.MakeRoom();
  responder_.counters().connections_accepted.Add();
  CountConnections();
}

void TcpServer::Impl::Remove(Connection* connection, bool graceful) {
  if (graceful) connection->TakeStream()->Linger();
  connections_.erase(connection);
  CountConnections();
}

TcpServer::TcpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpServer::~TcpServer() = default;
void TcpServer::Start() {
  impl_->Start();
}
SocketAddress TcpServer::address() const {
  return impl_->address();
}

absl::StatusOr<std::unique_ptr<TcpServer>> TcpServer::Listen(
    const SocketAddress& address, const TcpLimits& limits, Backend& backend,
    std::shared_ptr<const http::ServerTls> tls) {
  auto impl = std::make_unique<Impl>(limits, backend, std::move(tls));
  RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<TcpServer>(new TcpServer(std::move(impl)));
}

}  // namespace terrella::dns

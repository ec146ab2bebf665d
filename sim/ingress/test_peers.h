// A tiny HTTP server that stands in for a node, and a client that notes when what happened; for the
// tests of the ingress, all on one loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "http/proxy_protocol.h"
#include "terrella/v1/client_place.pb.h"

namespace terrella::sim {

// Answers "GET /N" with N bytes; keeps connections open.
class FakeNode {
 public:
  FakeNode(EventLoop& loop, std::string_view ip) {
    auto listener =
        TcpListener::Listen(loop, {.address = {*IpAddress::Parse(ip), 0}}, [this](auto socket) {
          peers_.push_back(std::make_unique<Peer>(*this, std::move(socket)));
        });
    CHECK(listener.ok());
    listener_ = *std::move(listener);
  }
  SocketAddress address() const { return listener_->address(); }
  // Frees the port; open connections stay.
  void StopListening() { listener_.reset(); }

  struct Peer final : TcpConnection::Observer {
    Peer(FakeNode& node_in, std::unique_ptr<TcpConnection> socket_in)
        : node(node_in), socket(std::move(socket_in)) {
      socket->set_observer(this);
      socket->StartReading();
    }
    void OnRead(std::string_view bytes) override {
      held.append(bytes);
      if (!place) {
        http::ProxyParse parse = http::ParseProxyHeader(held);
        if (parse.state == http::ProxyParse::State::kNeedMore) return;
        CHECK(parse.state == http::ProxyParse::State::kDone);
        held.erase(0, parse.consumed_bytes);
        info = parse.info;
        CHECK(place.emplace().ParseFromString(std::string(*info.FindTlv(0xe4))));
      }
      for (size_t end; (end = held.find("\r\n\r\n")) != std::string::npos;) {
        size_t body_bytes = std::stoul(held.substr(held.find('/') + 1));
        held.erase(0, end + 4);
        ++requests;
        socket->Write(
            "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body_bytes) + "\r\n\r\n",
            std::string(body_bytes, 'x'));
      }
    }
    void OnReadEof() override {
      saw_eof = true;
      TcpConnection::CloseGracefully(std::move(socket));
    }
    void OnError(const absl::Status&) override {
      saw_error = true;
      socket.reset();
    }

    FakeNode& node;
    std::unique_ptr<TcpConnection> socket;
    std::string held;
    http::ProxyInfo info;
    std::optional<v1::ClientPlace> place;
    int requests = 0;
    bool saw_eof = false, saw_error = false;
  };
  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }

 private:
  std::unique_ptr<TcpListener> listener_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

// Dials at once; counts body bytes of the answers to its requests, one at a time.
class FakeClient final : public TcpConnection::Observer {
 public:
  FakeClient(EventLoop& loop, const SocketAddress& to, std::optional<IpAddress> from = {})
      : loop_(loop), dialed_at_(loop.Now()) {
    SocketAddress source{from.value_or(IpAddress()), 0};
    socket_ = TcpConnection::Connect(loop, to, from ? &source : nullptr,
                                     [this](const absl::Status& status) {
                                       CHECK(status.ok());
                                       socket_->set_observer(this);
                                       socket_->StartReading();
                                       socket_->Write(std::exchange(early_, ""));
                                       connected_ = true;
                                     });
  }

  // Sends the bytes; `done` when a whole answer has come, or the connection has ended.
  void Ask(std::string bytes, std::function<void()> done) {
    asked_at_ = loop_.Now();
    first_byte_at_.reset();
    answer_.clear();
    done_ = std::move(done);
    if (connected_) {
      socket_->Write(bytes);
    } else {
      early_ = std::move(bytes);
    }
  }
  TcpConnection* socket() { return socket_.get(); }
  void Reset() { TcpConnection::Reset(std::move(socket_)); }

  Duration SinceDialed() const { return loop_.Now() - dialed_at_; }
  Duration SinceAsked() const { return loop_.Now() - asked_at_; }
  Duration FirstByteSinceDialed() const { return *first_byte_at_ - dialed_at_; }
  Duration FirstByteSinceAsked() const { return *first_byte_at_ - asked_at_; }
  const std::string& answer() const { return answer_; }
  bool saw_eof() const { return saw_eof_; }
  bool saw_error() const { return saw_error_; }

  void OnRead(std::string_view bytes) override {
    if (!first_byte_at_) first_byte_at_ = loop_.Now();
    answer_.append(bytes);
    size_t head = answer_.find("\r\n\r\n");
    size_t field = answer_.find("content-length: ");
    if (head == std::string::npos || field == std::string::npos) return;
    if (answer_.size() >= head + 4 + std::stoul(answer_.substr(field + 16, 20))) Finish();
  }
  void OnReadEof() override {
    saw_eof_ = true;
    Finish();
  }
  void OnError(const absl::Status&) override {
    saw_error_ = true;
    socket_.reset();
    Finish();
  }

 private:
  void Finish() {
    if (auto done = std::exchange(done_, nullptr)) done();
  }

  EventLoop& loop_;
  const MonotonicTime dialed_at_;
  std::unique_ptr<TcpConnection> socket_;
  bool connected_ = false;
  std::string early_;
  MonotonicTime asked_at_{};
  std::optional<MonotonicTime> first_byte_at_;
  std::string answer_;
  std::function<void()> done_;
  bool saw_eof_ = false, saw_error_ = false;
};

}  // namespace terrella::sim

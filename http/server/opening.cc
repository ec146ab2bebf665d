#include "http/server/opening.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "http/server/h2_connection.h"
#include "http/server/server_connection.h"
#include "http/tls/stream.h"

namespace terrella::http {
namespace {

constexpr char kTlsHandshakeRecord = 0x16;
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

Opening::Opening(Server::Impl& server, std::unique_ptr<TcpConnection> tcp)
    : server_(server),
      facts_(std::make_shared<ConnectionFacts>()),
      phase_(server.options_.accept_proxy_protocol ? Phase::kProxy : Phase::kSniff),
      deadline_(server.loop_, [this] {
        ++server_.statistics_.deadlines_missed;
        Retire();
      }) {
  facts_->peer = tcp->peer_address();
  facts_->local = tcp->local_address();
  facts_->accepted = server_.loop_.Now();
  stream_ = std::move(tcp);
  stream_->set_observer(this);
}

Opening::~Opening() = default;

void Opening::Start() {
  deadline_.StartAt(facts_->accepted + server_.options_.limits.head_deadline);
  stream_->StartReading();
}

void Opening::RefuseBusy() {
  BecomeHttp1().RefuseBusy();
}

void Opening::OnRead(std::string_view bytes) {
  std::string before = std::exchange(held_, {});
  std::string_view in = bytes;
  if (!before.empty()) in = before.append(bytes);
  if (phase_ == Phase::kProxy && !TakeProxyHeader(&in)) return;
  if (!in.empty()) Sniff(in);
}

bool Opening::TakeProxyHeader(std::string_view* in) {
  ProxyParse parse = ParseProxyHeader(*in, server_.options_.limits.proxy);
  switch (parse.state) {
    case ProxyParse::State::kNeedMore:
      held_.assign(*in);
      return false;
    case ProxyParse::State::kBad:
      LogDebug("{}: {}", facts_->peer.ToString(), Message(parse.error));
      ++server_.statistics_.requests_refused;
      Retire();
      return false;
    case ProxyParse::State::kDone:
      in->remove_prefix(parse.consumed_bytes);
      facts_->proxy = std::move(parse.info);
      break;
    case ProxyParse::State::kNotProxy:
      break;
  }
  phase_ = Phase::kSniff;
  return true;
}

void Opening::Sniff(std::string_view in) {
  if (in.front() == kTlsHandshakeRecord && server_.options_.tls != nullptr) return StartTls(in);
  const size_t known = std::min(in.size(), kHttp2Preface.size());
  if (!server_.options_.http2 || in.substr(0, known) != kHttp2Preface.substr(0, known)) {
    BecomeHttp1().Start(in);
  } else if (known < kHttp2Preface.size()) {
    held_.assign(in);
  } else {
    BecomeHttp2(in);
  }
}

void Opening::StartTls(std::string_view in) {
  auto context = server_.options_.tls->Get();
  if (!context.ok()) {
    LogError("no TLS: {}", Message(context.status()));
    Retire();
    return;
  }
  phase_ = Phase::kTls;
  auto tls = TlsStream::Accept(server_.loop_, std::move(stream_), *context,
                               [this](absl::Status status) { OnHandshake(status); });
  tls_ = tls.get();
  stream_ = std::move(tls);
  tls_->Start(in);
}

void Opening::OnHandshake(const absl::Status& status) {
  if (!status.ok()) {
    LogDebug("{}: {}", facts_->peer.ToString(), Message(status));
    ++server_.statistics_.requests_refused;
    Retire();
    return;
  }
  facts_->tls = TlsFacts{.version = tls_->version(), .cipher = tls_->cipher()};
  facts_->accepted = server_.loop_.Now();
  if (tls_->protocol() == "h2") {
    BecomeHttp2({});
  } else {
    BecomeHttp1().Start({});
  }
}

void Opening::BecomeHttp2(std::string_view in) {
  phase_ = Phase::kOver;
  deadline_.Stop();
  auto next = std::make_unique<H2Connection>(server_, std::move(stream_), std::move(facts_));
  H2Connection& connection = *next;
  server_.Replace(*this, std::move(next));
  connection.Start(in);
}

ServerConnection& Opening::BecomeHttp1() {
  phase_ = Phase::kOver;
  deadline_.Stop();
  auto next = std::make_unique<ServerConnection>(server_, std::move(stream_), std::move(facts_));
  ServerConnection& connection = *next;
  server_.Replace(*this, std::move(next));
  return connection;
}

void Opening::OnReadEof() {
  if (phase_ == Phase::kProxy || held_.empty()) {
    Retire();
    return;
  }
  // The beginning of something that could have been either.
  std::string in = std::move(held_);
  ServerConnection& connection = BecomeHttp1();
  connection.Start(in);
  connection.OnReadEof();
}

void Opening::Retire() {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kOver;
  deadline_.Stop();
  // A stream that reports its own failure may still be on the stack.
  if (tls_ != nullptr) {
    tls_->Break();
  } else {
    stream_.reset();
  }
  server_.Bury(*this);
}

}  // namespace terrella::http

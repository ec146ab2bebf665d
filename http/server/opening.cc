#include "http/server/opening.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "http/server/h2_connection.h"
#include "http/server/server_connection.h"

namespace terrella::http {
namespace {

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
  if (server_.options_.http2) {
    const size_t known = std::min(in.size(), kHttp2Preface.size());
    if (in.substr(0, known) == kHttp2Preface.substr(0, known)) {
      if (known < kHttp2Preface.size()) {
        held_.assign(in);
        return;
      }
      phase_ = Phase::kOver;
      deadline_.Stop();
      auto next = std::make_unique<H2Connection>(server_, std::move(stream_), std::move(facts_));
      H2Connection& connection = *next;
      server_.Replace(*this, std::move(next));
      connection.Start(in);
      return;
    }
  }
  BecomeHttp1().Start(in);
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
  stream_.reset();
  server_.Bury(*this);
}

}  // namespace terrella::http

#include "http/testing/raw_peer.h"

namespace terrella::http {

bool RunUntil(EventLoop& loop, const std::function<bool()>& holds, Duration timeout) {
  bool late = false;
  Timer guard(loop, [&late] { late = true; });
  guard.Start(timeout);
  while (!late && !holds()) uv_run(loop.uv(), UV_RUN_ONCE);
  return holds();
}

void RunFor(EventLoop& loop, Duration time) {
  RunUntil(
      loop, [] { return false; }, time);
}

RawPeer::RawPeer(EventLoop& loop, const SocketAddress& to) : loop_(loop) {
  tcp_ = TcpConnection::Connect(loop, to, nullptr, [this](absl::Status status) {
    EXPECT_TRUE(status.ok()) << status;
    connected_ = true;
  });
  EXPECT_TRUE(RunUntil(loop, [this] { return connected_; }));
  tcp_->set_observer(this);
  tcp_->StartReading();
}

RawPeer::RawPeer(EventLoop& loop, std::unique_ptr<TcpConnection> tcp)
    : loop_(loop), tcp_(std::move(tcp)), connected_(true) {
  tcp_->set_observer(this);
  tcp_->StartReading();
}

bool RawPeer::Hear(std::string_view text) {
  return RunUntil(loop_, [&] { return heard_.find(text) != std::string::npos || ended(); }) &&
         heard_.find(text) != std::string::npos;
}

std::vector<RawResponse> RawPeer::Responses(const std::vector<bool>& to_head) const {
  std::vector<RawResponse> out;
  h1::ResponseParser parser;
  std::string_view input = heard_;
  RawResponse now;
  while (true) {
    parser.Expect(out.size() < to_head.size() && to_head[out.size()]);
    switch (parser.Next(&input)) {
      case h1::Event::kNeedMore:
        if (ended() && parser.FinishAtEof()) out.push_back(std::move(now));
        return out;
      case h1::Event::kHead:
        now = {parser.TakeHead(), ""};
        break;
      case h1::Event::kBody:
        now.body.append(parser.body());
        break;
      case h1::Event::kEnd:
        out.push_back(std::move(now));
        break;
      case h1::Event::kError:
        ADD_FAILURE() << "malformed response: " << parser.error().reason << "\n" << heard_;
        return out;
    }
  }
}

std::vector<RawResponse> RawPeer::Responses(size_t count) {
  RunUntil(loop_, [&] { return ended() || Responses().size() >= count; });
  return Responses();
}

}  // namespace terrella::http

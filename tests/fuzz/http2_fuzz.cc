// Target: an HTTP/2 session fed whole and split. Beyond not crashing: every stream handed out is
// closed at most once, and the first request does not depend on where reads split the bytes (later
// ones may: they compete with answers).
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/check.h"
#include "http/h2/server_session.h"

namespace {

using namespace terrella;
using http::h2::ServerSession;

// Answers every request by its body's length when that has ended; keeps a log.
class Peer final : public http::h2::SessionHandler {
 public:
  Peer() : session_(http::h2::Limits{}, clock_, *this) {}

  void Feed(std::string_view bytes) {
    if (!alive_) return;
    alive_ = session_.Receive(bytes).ok();
    for (std::string out; session_.Produce(&out, 1 << 16); out.clear()) {
    }
  }
  const std::string& first_request() const { return first_request_; }

 private:
  class Stream final : public http::h2::StreamHandler {
   public:
    Stream(Peer& peer, int32_t id) : peer_(peer), id_(id) {}
    void OnData(std::string_view bytes) override {
      body_ += bytes.size();
      peer_.session_.Consume(id_, bytes.size());
    }
    void OnEnd(http::Headers&& trailers) override {
      CHECK(trailers.size() <= http::h2::Limits{}.header_count_max);
      http::ResponseHead head;
      CHECK(peer_.session_
                .Respond(id_, {.head = head, .date = "", .content_length = {}, .has_body = true})
                .ok());
    }
    size_t OnProduce(char* out, size_t max, bool* last) override {
      *last = true;
      if (max > 0) *out = 'x';
      return max > 0 ? 1 : 0;
    }
    void OnClosed() override { CHECK(peer_.streams_.erase(id_) == 1); }

   private:
    Peer& peer_;
    const int32_t id_;
    size_t body_ = 0;
  };

  http::h2::StreamHandler* OnRequest(http::h2::IncomingRequest request) override {
    const http::RequestHead& head = request.head;
    if (first_request_.empty()) first_request_ = head.method + " " + head.target + " " + head.host;
    CHECK(request.head.headers.size() <= http::h2::Limits{}.header_count_max + 2);
    auto [position, fresh] =
        streams_.try_emplace(request.stream, std::make_unique<Stream>(*this, request.stream));
    CHECK(fresh);
    if (!request.has_body) session_.Reset(request.stream, ServerSession::Code::kCancel);
    return position->second.get();
  }
  void OnRefused(std::string_view) override {}
  void OnPong() override {}

  SystemClock clock_;
  std::string first_request_;
  bool alive_ = true;
  std::map<int32_t, std::unique_ptr<Stream>> streams_;
  ServerSession session_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string preface =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  Peer whole;
  whole.Feed(preface);
  whole.Feed(bytes);
  Peer split;
  split.Feed(preface);
  for (size_t i = 0; i < bytes.size(); ++i) split.Feed(bytes.substr(i, 1));
  CHECK(whole.first_request() == split.first_request());
  return 0;
}

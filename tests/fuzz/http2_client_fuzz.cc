// Target: the client's side of an HTTP/2 session fed whole and split. Beyond not crashing: of each
// of two requests the end or the failure comes at most once and nothing comes after it, and which
// answers have heads does not depend on where reads split the bytes (of what failed it may: a reset
// that we send competes with what the peer still says).
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "base/check.h"
#include "http/h2/client_session.h"

namespace {

using namespace terrella;

class Peer {
 public:
  Peer() {
    const http::RequestHead head = {.method = "GET", .target = "/", .host = "a.test"};
    for (Stream& stream : streams_) {
      stream.session = &session_;
      stream.id = *session_.Request(head, stream);
    }
    Produce();
  }
  void Feed(std::string_view bytes) {
    if (!alive_) return;
    alive_ = session_.Receive(bytes).ok();
    Produce();
  }
  // Those of answers that failed for neither are the same.
  void CheckHeads(const Peer& other) const {
    for (size_t i = 0; i < std::size(streams_); ++i) {
      const Stream &ours = streams_[i], &theirs = other.streams_[i];
      CHECK(ours.failed || theirs.failed || ours.heads == theirs.heads);
    }
  }

 private:
  struct Stream final : http::h2::ResponseHandler {
    void OnHead(http::ResponseHead head) override {
      CHECK(!over && head.status >= 200);
      CHECK(head.headers.size() <= http::h2::kBrowserLimits.header_count_max);
      heads += std::to_string(head.status) + " ";
    }
    void OnData(std::string_view bytes) override {
      CHECK(!over);
      session->Consume(id, bytes.size());
    }
    void OnEnd(http::Headers&&) override { End(); }
    void OnFailed(const absl::Status& status) override {
      CHECK(!status.ok());
      failed = true;
      End();
    }
    void End() {
      CHECK(!over);
      over = true;
    }
    http::h2::ClientSession* session = nullptr;
    int32_t id = 0;
    bool over = false, failed = false;
    std::string heads;
  };

  void Produce() {
    for (std::string out; session_.Produce(&out, 1 << 16); out.clear()) {
    }
  }
  Stream streams_[2];
  bool alive_ = true;
  http::h2::ClientSession session_{http::h2::kBrowserLimits};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  Peer whole, split;
  whole.Feed(settings);
  whole.Feed(bytes);
  split.Feed(settings);
  for (size_t i = 0; i < bytes.size(); ++i) split.Feed(bytes.substr(i, 1));
  whole.CheckHeads(split);
  return 0;
}

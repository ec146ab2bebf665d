// Fuzzes the HTTP/1.1 parsers. Property: what is made of a stream of bytes, down to the verdict,
// does not depend on where reads split it; and what was accepted can be serialized and parsed again
// with the same meaning.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/h1/request_parser.h"
#include "http/h1/response_parser.h"
#include "http/h1/serialize.h"

namespace terrella::http::h1 {
namespace {

ParserLimits SmallLimits() {
  ParserLimits limits;
  limits.target_bytes_max = 64;
  limits.header_bytes_max = 512;
  limits.header_count_max = 8;
  limits.trailer_bytes_max = 64;
  return limits;
}

void Describe(const Headers& headers, std::string* out) {
  for (const auto field : headers.fields()) {
    out->append(field.name).append("=").append(field.value).append(";");
  }
}

std::string Describe(const RequestHead& head) {
  std::string out = head.method + " " + head.target + " " + head.host + " ";
  Describe(head.headers, &out);
  return out;
}
std::string Describe(const ResponseHead& head) {
  std::string out = std::to_string(head.status) + " " + head.reason + " ";
  Describe(head.headers, &out);
  return out;
}

// A head that was accepted must be one we can send, and mean the same after the trip.
void CheckRoundTrip(const RequestHead& head) {
  if (head.host.empty()) return;  // HTTP/1.0
  std::string bytes;
  CHECK(SerializeRequestHead(head, {}, &bytes).ok());
  RequestParser parser;
  std::string_view input = bytes;
  CHECK(parser.Next(&input) == Event::kHead && input.empty());
  RequestHead again = parser.TakeHead();
  CHECK(again.method == head.method && again.target == head.target && again.host == head.host);
}
void CheckRoundTrip(const ResponseHead& head) {
  std::string bytes;
  SendFraming framing;
  framing.kind = SendFraming::Kind::kContentLength;
  CHECK(SerializeResponseHead(head, framing, "", &bytes).ok());
  ResponseParser parser;
  std::string_view input = bytes;
  CHECK(parser.Next(&input) == Event::kHead && input.empty());
  CHECK(parser.TakeHead().status == head.status);
}

template <class Parser>
class Run {
 public:
  explicit Run(bool to_head) : parser_(SmallLimits()) {
    if constexpr (std::is_same_v<Parser, ResponseParser>) parser_.Expect(to_head);
  }

  void Feed(std::string_view piece) {
    // An exact copy, so that the sanitizer sees any look beyond it and any view kept too long.
    std::unique_ptr<char[]> copy(new char[piece.size()]);
    if (!piece.empty()) std::memcpy(copy.get(), piece.data(), piece.size());
    std::string_view input(copy.get(), piece.size());
    while (true) {
      size_t before = input.size();
      Event event = parser_.Next(&input);
      CHECK(input.size() <= before);
      switch (event) {
        case Event::kNeedMore:
          CHECK(input.empty());
          return;
        case Event::kHead: {
          auto head = parser_.TakeHead();
          CheckRoundTrip(head);
          FlushBody();
          text_ += "\nHEAD " + Describe(head);
          break;
        }
        case Event::kBody:
          CHECK(!parser_.body().empty());
          body_.append(parser_.body());
          break;
        case Event::kEnd:
          FlushBody();
          text_ += "\nEND";
          break;
        case Event::kError:
          FlushBody();
          text_ += "\nERROR " + std::to_string(parser_.error().status) + parser_.error().reason;
          refused_ = true;
          return;
      }
    }
  }
  bool refused() const { return refused_; }
  std::string Text() {
    FlushBody();
    return text_ + (parser_.in_head() ? "\nIN HEAD" : parser_.in_body() ? "\nIN BODY" : "");
  }

 private:
  void FlushBody() {
    if (!body_.empty()) text_ += "\nBODY " + body_;
    body_.clear();
  }

  Parser parser_;
  std::string text_, body_;
  bool refused_ = false;
};

template <class Parser>
void Compare(std::string_view bytes, bool to_head, uint8_t seed) {
  Run<Parser> whole(to_head);
  whole.Feed(bytes);
  std::string want = whole.Text();

  Run<Parser> single(to_head);
  for (size_t i = 0; i < bytes.size() && !single.refused(); ++i) single.Feed(bytes.substr(i, 1));
  CHECK(single.Text() == want);

  Run<Parser> pieces(to_head);
  uint32_t state = seed + 1u;
  for (size_t at = 0; at < bytes.size() && !pieces.refused();) {
    state = state * 1664525u + 1013904223u;
    size_t n = 1 + (state >> 24) % 40;
    std::string_view piece = bytes.substr(at, n);
    pieces.Feed(piece);
    at += piece.size();
  }
  CHECK(pieces.Text() == want);
}

}  // namespace
}  // namespace terrella::http::h1

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::http::h1;
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if ((data[0] & 1) == 0) {
    Compare<RequestParser>(bytes, false, data[1]);
  } else {
    Compare<ResponseParser>(bytes, (data[0] & 2) != 0, data[1]);
  }
  return 0;
}

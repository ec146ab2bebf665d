// ServerSession: the server's side of one HTTP/2 connection as bytes in, requests out; answers in,
// bytes out (RFC 9113). No socket and no clock of its own.
//
// It wraps nghttp2 and adds our policy: what HTTP/1.1 refuses (http/h1/request_parser.h) is refused
// here too, with the same status; malformed messages reset their stream, and abuse of the
// connection ends it. A header block's fields, a body's bytes and the frames that carry nothing
// have limits.
//
// Thread: one. Owns: nothing of the handlers. Invariants: (1) handlers are called only from within
// Receive and Produce; they may call anything but those two; (2) a stream's OnClosed is the last
// call about it, and comes for each stream that OnRequest gave a handler, unless the session is
// destroyed first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "http/h2/limits.h"
#include "http/message/message.h"

namespace terrella::http::h2 {

// One request's end of a stream.
class StreamHandler {
 public:
  virtual void OnData(std::string_view bytes) = 0;  // give them back by Consume
  virtual void OnEnd(Headers&& trailers) = 0;
  // Writes at most `max` bytes of the answer's body to `out`; `last`: nothing follows. 0 and not
  // last: nothing is there yet, see Resume.
  virtual size_t OnProduce(char* out, size_t max, bool* last) = 0;
  virtual void OnClosed() = 0;

 protected:
  ~StreamHandler() = default;
};

struct IncomingRequest {
  int32_t stream = 0;
  RequestHead head;
  bool has_body = false;
  std::optional<uint64_t> length_bytes;  // declared
  bool expects_continue = false;
};

class SessionHandler {
 public:
  // A request's head. Null: the stream is ignored.
  virtual StreamHandler* OnRequest(IncomingRequest request) = 0;
  // A request was answered without its handler, or its stream reset.
  virtual void OnRefused(std::string_view reason) = 0;
  // The answer to Ping.
  virtual void OnPong() = 0;

 protected:
  ~SessionHandler() = default;
};

// How an answer goes out.
struct Answer {
  const ResponseHead& head;
  std::string_view date;                   // an IMF-fixdate; "": none
  std::optional<uint64_t> content_length;  // to be said; none: as `head` has it, if it may
  bool keep_length = false;                // a content-length in `head` stands (HEAD, 304)
  bool has_body = false;                   // OnProduce gives it
};

class ServerSession {
 public:
  ServerSession(const Limits& limits, const Clock& clock, SessionHandler& handler);
  ~ServerSession();

  // Reads all bytes. An error is the peer's: the connection must end after what Produce still has.
  absl::Status Receive(std::string_view bytes);
  // No callback follows: for a connection that ends in the middle of Receive.
  void Stop();
  // Appends what is ready to be sent, about `bytes_max` of it. False when nothing is left.
  bool Produce(std::string* out, size_t bytes_max);
  bool wants_write() const;
  // Neither side has anything to say any more.
  bool finished() const;
  // A header block has begun and not ended.
  bool in_head() const;

  // InvalidArgument, with nothing sent, for a head that cannot be sent safely.
  absl::Status Respond(int32_t stream, const Answer& answer);
  void Continue(int32_t stream);  // 100
  // The body has more to produce.
  void Resume(int32_t stream);
  // Follow the body; before OnProduce says `last`.
  void SetTrailers(int32_t stream, Headers&& trailers);
  // Bytes of the request's body were handed on: the peer may send as many again.
  void Consume(int32_t stream, size_t bytes);
  void ConsumeConnection(size_t bytes);  // of a stream that is gone
  // The rest of the request is not wanted: once the answer is out, the peer is told to stop.
  void AbandonRequest(int32_t stream);
  // RFC 9113 section 7.
  enum class Code : uint32_t {
    kNoError = 0,
    kProtocolError = 1,
    kInternalError = 2,
    kCancel = 8,
    kCalm = 11
  };
  void Reset(int32_t stream, Code code);

  void Ping();
  // RFC 9113 section 6.8: a warning, then the last word.
  void WarnGoAway();
  void GoAway(Code code);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http::h2

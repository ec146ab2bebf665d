// ClientSession: the client's side of one HTTP/2 connection as bytes in, answers out; requests in,
// bytes out (RFC 9113). No socket and no clock of its own.
//
// It wraps nghttp2: malformed answers reset their stream, and a peer that breaks the protocol ends
// the connection. An answer's fields have limits. Out of scope: bodies of requests, server push
// (which is switched off), priorities.
//
// Thread: one. Owns: nothing of the handlers. Invariants: (1) handlers are called only from within
// Receive and Produce; they may call anything but those two; (2) OnEnd or OnFailed is the last call
// about a stream; one comes for each that was not cancelled, unless the session is destroyed first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/h2/limits.h"
#include "http/message/message.h"

namespace terrella::http::h2 {

// One request's end of a stream.
class ResponseHandler {
 public:
  // The final head; interim ones (1xx) are skipped.
  virtual void OnHead(ResponseHead head) = 0;
  virtual void OnData(std::string_view bytes) = 0;  // give them back by Consume
  virtual void OnEnd(Headers&& trailers) = 0;       // the answer is whole
  // Nothing more comes: Unavailable (refused, or the peer is leaving), DataLoss (malformed),
  // ResourceExhausted (too large a head).
  virtual void OnFailed(const absl::Status& status) = 0;

 protected:
  ~ResponseHandler() = default;
};

// What a browser lets be under way, so that the path's window decides and not the client's.
constexpr Limits kBrowserLimits = {.stream_window_bytes = 6 << 20,
                                   .connection_window_bytes = 15 << 20};

class ClientSession {
 public:
  // Has the preface and the settings to say.
  explicit ClientSession(const Limits& limits);
  ~ClientSession();

  // A request without a body; returns its stream. InvalidArgument, with nothing sent, for a head
  // that cannot be sent safely; Unavailable when the peer takes no more.
  absl::StatusOr<int32_t> Request(const RequestHead& head, ResponseHandler& handler);
  // Reads all bytes. An error is the peer's: the connection must end.
  absl::Status Receive(std::string_view bytes);
  // Appends what is ready to be sent, about `bytes_max` of it. False when nothing is left.
  bool Produce(std::string* out, size_t bytes_max);
  bool wants_write() const;
  // Neither side has anything to say any more: the peer has left, or broke the protocol and was
  // told so.
  bool finished() const;
  // False when the peer is leaving: what is asked for from now on fails.
  bool takes_requests() const;
  // Bytes of an answer's body were handed on, also of one that has ended: the peer may send as many
  // again.
  void Consume(int32_t stream, size_t bytes);
  // The answer is not wanted; its handler is forgotten.
  void Cancel(int32_t stream);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::http::h2

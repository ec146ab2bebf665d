// Serializers: heads and chunk framing as bytes. A field that could break out of its line is
// refused, so header injection is impossible whatever a worker hands over.
//
// Thread: any; pure functions that append to `out`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "http/message/message.h"

namespace terrella::http::h1 {

// How the body that follows a head is framed.
struct SendFraming {
  enum class Kind {
    kNone,           // no framing field: a request without body, a response that has none
    kContentLength,  // content_length
    kChunked,
    kUntilClose,  // responses to HTTP/1.0 of unknown length
    kAsGiven,     // keeps the content-length among the fields: responses to HEAD, 304
  };
  Kind kind = Kind::kNone;
  uint64_t content_length = 0;
  // What to say in Connection; "" says nothing.
  std::string_view connection;
  // A protocol to switch to, offered in Upgrade; "": none.
  std::string_view upgrade;
};

// Appends the head with its empty line. Connection and framing fields among `head.headers` are
// dropped and those of `framing` written; `date` (an IMF-fixdate) is added unless the head has one
// or it is "". InvalidArgument, with `out` as before, for a status outside 200..599, a name that is
// no token, a value with a control character.
absl::Status SerializeResponseHead(const ResponseHead& head, const SendFraming& framing,
                                   std::string_view date, std::string* out);
// A 101 with the fields of `head` that do not belong to the connection (RFC 9110 section 15.2.2).
absl::Status SerializeSwitch(const ResponseHead& head, std::string_view protocol, std::string* out);
// The same for requests; the Host field is `head.host`, or what stands in the headers when that is
// empty.
absl::Status SerializeRequestHead(const RequestHead& head, const SendFraming& framing,
                                  std::string* out);

// "SIZE CRLF": what stands before a chunk's bytes; after them comes CRLF. `size` > 0.
void AppendChunkHeader(size_t size, std::string* out);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
// The last chunk with a trailer section. Fields that may not stand in one (RFC 9110 section 6.5.1)
// or could break out of their line are left out.
void AppendLastChunk(const Headers& trailers, std::string* out);

}  // namespace terrella::http::h1

// Range: one part of a whole stored representation (RFC 9110 section 14).
//
// A cache that holds the whole may give any one range of it. A request for several is answered with
// the whole, which section 14.2 allows: nobody gains by building multipart bodies here.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message/headers.h"

namespace terrella::cache {

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

struct RangeDecision {
  enum class Kind {
    kWhole,           // no range, or one that is ignored
    kPart,            // 206
    kNotSatisfiable,  // 416
  };
  Kind kind = Kind::kWhole;
  ByteRange range;  // of kPart, within the body
};

// What a Range field asks of a body of that length.
RangeDecision ParseRange(std::string_view value, uint64_t body_bytes);

// The same with If-Range (RFC 9110 section 13.1.5) against the response's own fields.
RangeDecision DecideRange(const http::Headers& request, const http::Headers& response,
                          uint64_t body_bytes, WallTime now);

// "bytes 0-99/1000" of a 206.
std::string ContentRange(const ByteRange& range, uint64_t body_bytes);

}  // namespace terrella::cache

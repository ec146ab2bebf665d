// Serving: the answer to one request out of a stored response (RFC 9111 section 4, RFC 9110
// sections 13 to 15).
//
// It decides the status (200, 206, 304, 416 or the stored one), the fields, and which bytes of the
// body go with them.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "edge_node/cache/policy/range.h"
#include "edge_node/cache/policy/reuse.h"
#include "edge_node/cache/policy/stored_head.h"

namespace terrella::cache {

struct Serving {
  http::ResponseHead head;
  bool has_body = false;  // false: HEAD, 304, 416
  ByteRange body;         // of the stored body; the whole when it is no 206
};

struct ServingContext {
  std::string_view method;       // GET or HEAD
  const http::Headers& request;  // with its conditions and range
  // Of the stored body; nothing while it is still coming: then ranges are answered with the whole.
  std::optional<uint64_t> body_bytes;
  CacheStatus status = CacheStatus::kHit;
  bool add_age = true;  // it comes from the cache and not straight from the origin
  WallTime now{};
};

Serving Serve(const StoredHead& stored, const ServingContext& context);

}  // namespace terrella::cache

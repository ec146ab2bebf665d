#include "edge_node/cache/policy/serving.h"

#include <fmt/format.h>

#include <utility>

#include "edge_node/cache/policy/conditions.h"

namespace terrella::cache {
namespace {

// What a 304 carries of the fields a 200 would have had (RFC 9110 section 15.4.5). Last-Modified
// only where there is no ETag; fields that are not about the representation always.
bool GoesWithNotModified(std::string_view name, bool has_etag) {
  for (const char* left_out : {"content-encoding", "content-language", "content-length",
                               "content-range", "content-type", "content-disposition"}) {
    if (http::EqualsIgnoreCase(name, left_out)) return false;
  }
  return !(has_etag && http::EqualsIgnoreCase(name, "last-modified"));
}

void MakeNotModified(const StoredHead& stored, http::ResponseHead& head) {
  head.status = 304;
  head.reason.clear();
  const bool has_etag = stored.etag().has_value();
  http::Headers kept;
  for (const auto& field : stored.headers.fields()) {
    if (GoesWithNotModified(field.name, has_etag)) kept.Append(field.name, field.value);
  }
  head.headers = std::move(kept);
}

}  // namespace

Serving Serve(const StoredHead& stored, const ServingContext& context) {
  Serving out{.head = {.status = stored.status, .reason = stored.reason, .headers = {}}};
  const bool conditional = stored.status == 200;  // RFC 9110 section 13.2.1
  if (conditional && IsNotModified(context.request, stored.headers, context.now)) {
    MakeNotModified(stored, out.head);
  } else {
    out.head.headers = stored.headers;
    out.has_body = context.method != "HEAD";
    if (context.body_bytes) {
      out.body = {0, *context.body_bytes};
      RangeDecision range;
      if (conditional && context.method == "GET") {  // Range is for GET (RFC 9110 section 14.2)
        range = DecideRange(context.request, stored.headers, *context.body_bytes, context.now);
      }
      if (range.kind == RangeDecision::Kind::kPart) {
        out.head.status = 206;
        out.head.reason.clear();
        out.head.headers.Set("content-range", ContentRange(range.range, *context.body_bytes));
        out.body = range.range;
      } else if (range.kind == RangeDecision::Kind::kNotSatisfiable) {
        out.head.status = 416;
        out.head.reason.clear();
        out.head.headers.Remove("content-type");
        out.head.headers.Set("content-range", fmt::format("bytes */{}", *context.body_bytes));
        out.has_body = false;
        out.body = {};
      }
      // The sender adds the length of a body; one that is not sent has it told here.
      if (context.method == "HEAD") {
        out.head.headers.Set("content-length", fmt::format("{}", *context.body_bytes));
      }
    }
  }
  if (context.add_age) {
    const auto age = std::chrono::floor<std::chrono::seconds>(stored.AgeAt(context.now));
    out.head.headers.Set("age", fmt::format("{}", age.count()));
  }
  out.head.headers.Set(kCacheStatusField, CacheStatusName(context.status));
  return out;
}

}  // namespace terrella::cache

#include "edge_node/cache/policy/conditions.h"

#include "edge_node/cache/policy/field_list.h"
#include "http/message/http_date.h"

namespace terrella::cache {
namespace {

std::string_view WithoutWeakness(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

bool IsEntityTag(std::string_view etag) {
  etag = WithoutWeakness(etag);
  return etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
}

// Calls `each` with every entity-tag of a list. Its own reader: a backslash escapes nothing in an
// entity-tag (RFC 9110 section 8.8.3), so a list of them is no list of quoted strings.
template <class F>
void ForEachEntityTag(std::string_view list, F each) {
  while (!list.empty()) {
    const size_t open = list.find('"');
    if (open == std::string_view::npos) return;
    const size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return;
    const bool weak = open >= 2 && list.substr(open - 2, 2) == "W/";
    const size_t begin = weak ? open - 2 : open;
    each(list.substr(begin, close + 1 - begin));
    list.remove_prefix(close + 1);
  }
}

}  // namespace

bool WeakMatch(std::string_view a, std::string_view b) {
  return IsEntityTag(a) && IsEntityTag(b) && WithoutWeakness(a) == WithoutWeakness(b);
}

bool StrongMatch(std::string_view a, std::string_view b) {
  return IsEntityTag(a) && a == b && !a.starts_with("W/");
}

bool IsNotModified(const http::Headers& request, const http::Headers& response, WallTime now) {
  if (const auto wanted = request.Combined("if-none-match")) {
    // With it present If-Modified-Since does not count (RFC 9110 section 13.2.2).
    if (Trim(*wanted) == "*") return true;
    const auto etag = response.Find("etag");
    if (!etag) return false;
    bool matches = false;
    ForEachEntityTag(*wanted, [&](std::string_view tag) { matches |= WeakMatch(tag, *etag); });
    return matches;
  }
  const auto since = request.Find("if-modified-since");
  if (!since) return false;
  const auto then = http::ParseHttpDate(Trim(*since), now);
  if (!then) return false;
  // Without Last-Modified its Date, as RFC 9111 section 4.3.2 has it.
  auto changed_text = response.Find("last-modified");
  if (!changed_text) changed_text = response.Find("date");
  if (!changed_text) return false;
  const auto changed = http::ParseHttpDate(*changed_text, now);
  return changed && *changed <= *then;
}

}  // namespace terrella::cache

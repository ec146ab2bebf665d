#include "edge_node/cache/policy/validation.h"

#include <algorithm>
#include <utility>

#include "edge_node/cache/policy/storing.h"

namespace terrella::cache {
namespace {

bool IsStrong(std::string_view etag) {
  return !etag.starts_with("W/");
}

// Whether a field of a 304 takes the place of the stored one: not those that say how the stored
// bytes are to be read.
bool Replaces(std::string_view name) {
  for (const char* kept : {"content-encoding", "content-length", "content-md5", "content-range"}) {
    if (http::EqualsIgnoreCase(name, kept)) return false;
  }
  return true;
}

// A 304 may be sent for either of our validators; when it names one itself, that must be ours.
bool IsAbout(const StoredHead& stored, const http::Headers& headers) {
  const auto theirs = headers.Find("etag");
  if (theirs && IsStrong(*theirs)) {
    const auto ours = stored.etag();
    return ours && *ours == *theirs;
  }
  return true;
}

}  // namespace

void RemoveConditions(http::Headers& request) {
  for (const char* name : {"if-none-match", "if-modified-since", "if-range", "range"}) {
    request.Remove(name);
  }
}

bool AddConditions(const StoredHead& head, http::Headers& request) {
  if (const auto etag = head.etag()) request.Set("if-none-match", *etag);
  if (const auto modified = head.last_modified()) request.Set("if-modified-since", *modified);
  return head.has_validator();
}

std::optional<StoredHead> Freshen(const StoredHead& stored, const http::Headers& request,
                                  const http::ResponseHead& not_modified,
                                  const ExchangeTimes& times, const FetchRules& rules) {
  if (!IsAbout(stored, not_modified.headers)) return std::nullopt;
  http::Headers news = not_modified.headers;
  RemoveUnstorableFields(news);
  http::ResponseHead merged{
      .status = stored.status, .reason = stored.reason, .headers = stored.headers};
  // An old Age or Date would count the time twice.
  merged.headers.Remove("age");
  for (const auto& field : news.fields()) {
    if (Replaces(field.name)) merged.headers.Remove(field.name);
  }
  for (const auto& field : news.fields()) {
    if (Replaces(field.name)) merged.headers.Append(field.name, field.value);
  }
  if (!not_modified.headers.Has("date")) merged.headers.Remove("date");
  StoreDecision decision = DecideStore(request, merged, times, rules);
  if (!decision.store) {
    // The origin took its permission back: this answer may still be given, then it is gone.
    StoredHead once = stored;
    once.headers = std::move(merged.headers);
    once.response_time = times.response;
    once.initial_age = Duration(0);
    once.lifetime = Duration(0);
    once.no_cache = true;
    once.forbids_stale = true;
    return once;
  }
  if (decision.head.tags.empty()) decision.head.tags = stored.tags;
  decision.head.purge_stamp = stored.purge_stamp;
  return std::move(decision.head);
}

}  // namespace terrella::cache

#include "edge_node/cache/policy/storing.h"

#include <algorithm>

#include "edge_node/cache/policy/cache_control.h"
#include "edge_node/cache/policy/field_list.h"
#include "edge_node/cache/policy/vary.h"
#include "http/message/http_date.h"

namespace terrella::cache {
namespace {

using std::chrono::seconds;

// Final statuses whose caching this code understands (RFC 9111 section 3, must-understand).
bool IsUnderstood(int status) {
  return HeuristicLifetime(status).has_value() || status == 302 || status == 303 || status == 307 ||
         (status >= 400 && status <= 417) || (status >= 500 && status <= 505);
}

bool Lists(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// freshness_lifetime when the response states one (RFC 9111 section 4.2.1).
std::optional<Duration> ExplicitLifetime(const ResponseControl& control,
                                         const http::Headers& headers, WallTime now) {
  if (control.control.s_maxage_s) return seconds(*control.control.s_maxage_s);
  if (control.control.max_age_s) return seconds(*control.control.max_age_s);
  if (control.targeted) return std::nullopt;
  const auto expires = headers.Find("expires");
  if (!expires) return std::nullopt;
  const auto at = http::ParseHttpDate(*expires, now);
  if (!at) return Duration(0);  // "0" and other nonsense: already past (section 5.3)
  const auto date = headers.Find("date");
  const WallTime from = date ? http::ParseHttpDate(*date, now).value_or(now) : now;
  if (*at <= from) return Duration(0);
  // Saturated: dates may lie further apart than nanoseconds can say.
  const auto apart = std::chrono::floor<seconds>(at->time_since_epoch()) -
                     std::chrono::floor<seconds>(from.time_since_epoch());
  return std::min<seconds>(apart, seconds(kDeltaSecondsMax));
}

void RemoveListed(http::Headers& headers, const std::vector<std::string>& names) {
  for (const std::string& name : names) headers.Remove(name);
}

struct Parts {
  const http::Headers& request;
  const http::ResponseHead& response;
  const ExchangeTimes& times;
  const FetchRules& rules;
  ResponseControl control;
};

// What is taken out of the stored copy alone is still for the one who asked.
http::Headers FieldsForAsker(const Parts& in) {
  http::Headers headers = in.response.headers;
  RemoveUnstorableFields(headers);
  for (std::string_view name : {std::string_view("cache-tag"), kOwnControlField}) {
    headers.Remove(name);
  }
  return headers;
}

StoreDecision Refuse(std::string_view why, bool forbidden) {
  return {.store = false, .forbidden = forbidden, .why_not = why, .head = {}};
}

// What forbids storing whatever the times say; empty when nothing does.
std::string_view Prohibition(const Parts& in, bool forced) {
  const CacheControl& control = in.control.control;
  const int status = in.response.status;
  if (status < 200 || status == 206 || status == 304) return "the status is never stored";
  if (in.request.Has("authorization") && !control.is_public && !control.must_revalidate &&
      !control.s_maxage_s) {
    return "the request has Authorization and the response does not say it may be shared";
  }
  if (VaryOf(in.response.headers).any) return "Vary: *";
  if (ParseCacheControl(in.request).no_store) return "the request says no-store";
  if (forced) return {};
  if (control.must_understand ? !IsUnderstood(status) : control.no_store) {
    return control.must_understand ? "must-understand, and the status is not understood"
                                   : "no-store";
  }
  if (control.is_private) return "private";
  if (in.response.headers.Has("set-cookie") && !Lists(control.private_fields, "set-cookie") &&
      !Lists(control.no_cache_fields, "set-cookie")) {
    return "Set-Cookie";
  }
  return {};
}

StoredHead MakeHead(const Parts& in, Duration lifetime, bool forced) {
  StoredHead head{.status = in.response.status,
                  .reason = in.response.reason,
                  .headers = in.response.headers,
                  .response_time = in.times.response,
                  .lifetime = lifetime};
  const CacheControl& control = in.control.control;
  RemoveUnstorableFields(head.headers);
  head.headers.Remove("content-length");
  head.headers.Remove("age");
  if (forced) {
    head.headers.Remove("set-cookie");
  } else {
    head.initial_age = InitialAge(in.response.headers, in.times);
    head.no_cache = control.no_cache;
    head.forbids_stale = control.forbids_stale();
    head.stale_while_revalidate_s = control.stale_while_revalidate_s;
    head.stale_if_error_s = control.stale_if_error_s;
    RemoveListed(head.headers, control.private_fields);
    RemoveListed(head.headers, control.no_cache_fields);
  }
  head.vary = VaryOf(head.headers).names;
  const FetchRulesLimits limits;
  if (const auto tags = head.headers.Combined("cache-tag")) AddTags(*tags, limits, head.tags);
  for (const std::string& tag : in.rules.tags) AddTags(tag, limits, head.tags);
  for (std::string_view name : {std::string_view("cache-tag"), kOwnControlField}) {
    head.headers.Remove(name);
  }
  return head;
}

}  // namespace

std::optional<Duration> HeuristicLifetime(int status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
      return seconds(7200);
    case 300:
    case 301:
    case 308:
      return seconds(1200);
    case 404:
    case 410:
      return seconds(180);
    case 405:
    case 414:
    case 501:
      return seconds(60);
    default:
      return std::nullopt;
  }
}

Duration InitialAge(const http::Headers& response, const ExchangeTimes& times) {
  Duration apparent(0);
  if (const auto date = response.Find("date")) {
    const auto at = http::ParseHttpDate(*date, times.response);
    if (at && *at < times.response) {
      apparent =
          *at <= WallTime(Duration(0)) ? Duration(seconds(kDeltaSecondsMax)) : times.response - *at;
    }
  }
  Duration corrected = times.response - times.request;
  if (const auto age = response.Find("age")) {
    // The first value counts, and only when it is a number (RFC 9111 section 5.1).
    corrected += seconds(ParseDeltaSeconds(Trim(age->substr(0, age->find(',')))).value_or(0));
  }
  return std::max({Duration(0), apparent, corrected});
}

void RemoveUnstorableFields(http::Headers& headers) {
  if (const auto connection = headers.Combined("connection")) {
    for (FieldList list(*connection); const auto item = list.Next();) {
      headers.Remove(item->whole);
    }
  }
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"}) {
    headers.Remove(name);
  }
}

StoreDecision DecideStore(const http::Headers& request, const http::ResponseHead& response,
                          const ExchangeTimes& times, const FetchRules& rules) {
  const Parts in{request, response, times, rules, ControlOfResponse(response.headers)};
  const std::optional<int64_t> forced = rules.TtlOf(response.status);
  if (const auto why = Prohibition(in, forced.has_value()); !why.empty()) return Refuse(why, true);
  if (forced) {
    if (*forced < 0) return Refuse("the caller's time to live is negative", true);
    const Duration lifetime = seconds(std::min(*forced, kDeltaSecondsMax));
    StoreDecision out{
        .store = true, .forbidden = false, .why_not = {}, .head = MakeHead(in, lifetime, true)};
    if (lifetime == Duration(0) && !out.head.has_validator()) {
      return Refuse("the caller's time to live is 0 and there is no validator", true);
    }
    return out;
  }
  auto lifetime = ExplicitLifetime(in.control, response.headers, times.response);
  if (!lifetime) lifetime = HeuristicLifetime(response.status);
  const CacheControl& control = in.control.control;
  if (!lifetime) {
    if (!control.is_public && !control.no_cache) {
      return Refuse("nothing says how long a response of this status is fresh", false);
    }
    lifetime = Duration(0);
  }
  StoreDecision out{
      .store = true, .forbidden = false, .why_not = {}, .head = MakeHead(in, *lifetime, false)};
  if (!control.private_fields.empty() || !control.no_cache_fields.empty() ||
      response.headers.Has("age")) {
    out.for_asker = FieldsForAsker(in);
  }
  const bool never_fresh = out.head.no_cache || out.head.AgeAt(times.response) >= *lifetime;
  const bool served_stale = !out.head.forbids_stale && control.stale_while_revalidate_s;
  if (never_fresh && !served_stale && !out.head.has_validator()) {
    return Refuse("it is stale at once and there is no validator", true);
  }
  return out;
}

}  // namespace terrella::cache

// FetchRules: what the caller of a fetch asks of the cache, beside the message itself: the `cf`
// members and the cache mode of a RequestInit, and what its origin is declared as.
//
// Thread: any; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message/headers.h"

namespace terrella::cache {

enum class CacheMode {
  kDefault,
  kNoStore,  // neither read nor written
  kNoCache,  // what is stored is validated first
};

struct StatusTtl {
  int first = 0;  // of the statuses it is for
  int last = 0;
  int64_t ttl_s = 0;
};

struct FetchRules {
  CacheMode mode = CacheMode::kDefault;
  // Every URL may be cached, not only those that look like static files.
  bool everything = false;
  // Replaces what the response says: 0 is stale at once, below 0 is not stored.
  std::optional<int64_t> ttl_s;
  std::vector<StatusTtl> ttl_by_status;  // the first that fits; before ttl_s
  std::string key;                       // in place of the URL; empty: the URL
  std::vector<std::string> tags;         // beside the response's Cache-Tag

  // The time to live these rules force on a response of that status.
  std::optional<int64_t> TtlOf(int status) const {
    for (const StatusTtl& rule : ttl_by_status) {
      if (status >= rule.first && status <= rule.last) return rule.ttl_s;
    }
    return ttl_s;
  }
};

struct FetchRulesLimits {
  size_t ttl_rules_max = 100;
  size_t key_bytes_max = 16 << 10;
  size_t tags_max = 1000;
  size_t tag_bytes_max = 1024;
};

// "404" or "200-299" of cf.cacheTtlByStatus; nothing when it is neither.
std::optional<StatusTtl> ParseStatusRange(std::string_view text);

// The valid tags of a list of them, in lower case: visible ASCII, none longer than the limit.
void AddTags(std::string_view list, const FetchRulesLimits& limits, std::vector<std::string>& tags);

// Whether a request may be answered from the cache, and its answer stored, at all: the method is
// GET or HEAD, there is no body, and the URL is one that is cached by default (its path ends in an
// extension of static files, as the hosted product has them) unless the rules say otherwise.
// Requests an origin must see itself are not: If-Match, If-Unmodified-Since, Upgrade.
struct CacheableRequest {
  std::string_view method;
  std::string_view url;
  const http::Headers& headers;
  bool has_body = false;
};
bool MayBeCached(const CacheableRequest& request, const FetchRules& rules);

// Whether the path of a URL ends in an extension that is cached by default, or is /robots.txt.
bool LooksStatic(std::string_view url);

}  // namespace terrella::cache
